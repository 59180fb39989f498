// A program on a terminal of its own, as a person sits at it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/fd.h"
#include "tests/support/run_program.h"

namespace slipway::tests {

struct Window {
  unsigned short columns = 0;  // 0: unknown
  unsigned short rows = 0;
};

class Terminal {
 public:
  // Starts it as the leader of a session whose terminal is ours. Of `options`, stdin_text is not
  // used; the timeout is that of each wait.
  Terminal(const std::vector<std::string>& argv, const RunOptions& options, Window window = {});
  // Ends what still runs.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Types it.
  void type(std::string_view text);
  // Waits until the terminal has shown it, later than what was waited for before. A failure of the
  // test where it does not.
  void expect(std::string_view text);
  // Waits for the end; the exit status as RunResult has it.
  int wait();
  // Waits for more to be shown; false at the end.
  bool read_more();
  // Everything that was shown.
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  RunOptions options_;
  pid_t pid_ = -1;
  Fd master_;
  std::string shown_;
  std::size_t seen_ = 0;
};

}  // namespace slipway::tests
