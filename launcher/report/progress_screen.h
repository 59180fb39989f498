// Draws a Progress at the end of a terminal's output and takes it away again, also where a signal
// ends the process.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "launcher/base/screen_guard.h"
#include "launcher/report/progress.h"

namespace slipway::launcher {

class ProgressScreen {
 public:
  // `fd`: borrowed, a terminal.
  ProgressScreen(int fd, Glyphs glyphs, std::vector<std::string> names)
      : fd_(fd), glyphs_(glyphs), guard_(fd), progress_(std::move(names)) {}
  ~ProgressScreen() { erase(); }
  ProgressScreen(const ProgressScreen&) = delete;
  ProgressScreen& operator=(const ProgressScreen&) = delete;

  void take(const fetcher::FetchEvent& event);
  // Draws, unless that was done within the last tenth of a second.
  void draw();
  // To be called before anything else is written there.
  void erase();
  // Whether there is something to be drawn again although no event comes.
  [[nodiscard]] bool is_live() const { return progress_.is_under_way(); }

  static constexpr std::chrono::milliseconds kBetweenFrames{100};

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] Progress::Time now() const {
    return std::chrono::duration_cast<Progress::Time>(Clock::now() - started_);
  }

  int fd_;
  Glyphs glyphs_;
  ScreenGuard guard_;
  Progress progress_;
  std::size_t lines_ = 0;  // that stand there now
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace slipway::launcher
