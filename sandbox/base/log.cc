#include "sandbox/base/log.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <string>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::log {

namespace {

Level threshold = Level::kInfo;
const char* program = "slipway";
int descriptor = STDERR_FILENO;
int patience_ms = -1;  // for ever

const char* label(Level level) {
  switch (level) {
    case Level::kError:
      return "error: ";
    case Level::kWarning:
      return "warning: ";
    case Level::kInfo:
      return "";
    case Level::kDebug:
      return "debug: ";
  }
  return "";
}

// At most PIPE_BUF bytes then are taken at once (pipe(7)).
bool has_room() {
  pollfd waited{descriptor, POLLOUT, 0};
  return ::poll(&waited, 1, patience_ms) != 0;
}

void write(std::string_view text) {
  if (patience_ms >= 0 && !has_room()) return;
  // A reader that has gone away is no reason to fail a launch.
  if (!sys::write_all(descriptor, text)) return;
}

}  // namespace

void set_threshold(Level most_verbose) {
  threshold = most_verbose;
}
void set_program(const char* name) {
  program = name;
}
void set_descriptor(int fd) {
  descriptor = fd;
}
void set_patience(std::chrono::milliseconds patience) {
  patience_ms = static_cast<int>(patience.count());
}
bool shows(Level level) {
  return level <= threshold;
}

void bare(std::string_view text) {
  if (!shows(Level::kInfo)) return;
  write(cat(text, '\n'));
}

void line(Level level, std::string_view text) {
  if (!shows(level)) return;
  std::string out = abbreviated(cat(program, ": ", label(level), escape(text)), PIPE_BUF - 1);
  write(out + '\n');
}

}  // namespace slipway::log
