// Where the events of a launch go: an ordered list of sinks, each of which gets whole lines.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "launcher/report/report_event.h"
#include "sandbox/base/fd.h"

namespace slipway::launcher {

class Report {
 public:
  enum class Detail { kEverything, kWithoutProgress };

  // Takes the time that the lines count from.
  Report() : started_(Clock::now()) {}

  // One write(2) for each line, and no fsync. A sink that takes a line no more, because its reader
  // has gone or its disk is full, is closed: what it got are whole lines but for the last.
  void add(Fd sink, Detail detail);
  // Keeps the lines for text(), without progress.
  void remember() { remembers_ = true; }

  void tell(const ReportEvent& event);

  // True where somebody wants to know how a download gets on.
  [[nodiscard]] bool wants_progress() const;
  // Of the sinks, which must stay open while there is something to tell. All are close-on-exec.
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool remembers() const { return remembers_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Sink {
    Fd fd;
    Detail detail;
  };

  Clock::time_point started_;
  std::vector<Sink> sinks_;
  bool remembers_ = false;
  std::string text_;
};

}  // namespace slipway::launcher
