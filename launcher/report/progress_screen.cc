#include "launcher/report/progress_screen.h"

#include "launcher/report/terminal.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// ECMA-48: CUU, cursor up; EL, to the end of the line; ED, to the end of the screen.
std::string up(std::size_t lines) {
  return lines == 0 ? std::string() : cat("\x1b[", lines, 'A');
}
constexpr std::string_view kEraseLine = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";

}  // namespace

void ProgressScreen::take(const fetcher::FetchEvent& event) {
  progress_.take(event, now());
}

void ProgressScreen::draw() {
  const auto clock = Clock::now();
  if (clock - drawn_ < kBetweenFrames) return;
  const auto lines = progress_.frame(now(), size_of(fd_), glyphs_);
  if (lines.empty()) return erase();
  std::string out = cat('\r', up(lines_));
  for (const std::string& line : lines) out += cat(line, kEraseLine, '\n');
  out += kEraseBelow;
  lines_ = lines.size();
  drawn_ = clock;
  if (!guard_.write(out, lines_)) lines_ = 0;  // the terminal is gone
}

void ProgressScreen::erase() {
  if (lines_ == 0) return;
  const std::string out = erased(lines_);
  lines_ = 0;
  (void)guard_.write(out, 0);  // nobody is left to see it
}

}  // namespace slipway::launcher
