// A program that runs while a test does something to it.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/fd.h"
#include "tests/support/run_program.h"

namespace slipway::tests {

// What waits for something gives up after this time: a busy machine needs some.
inline constexpr std::chrono::seconds kPatience{30};

class RunningProgram {
 public:
  struct Setup {
    std::optional<RunOptions::Ids> user;
    // In the child, last before exec and before the change of user.
    std::function<void()> before_exec;
  };

  // argv[0] is a path. The program leads a process group, reads /dev/null, has default signals and
  // the caller's umask, and its environment is PATH and surroundings().
  explicit RunningProgram(const std::vector<std::string>& argv, const Setup& setup = {});
  // Kills it where it still runs.
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The first line of standard output that starts so, without that start; waits for it. A failure
  // of the test where it does not come.
  std::string line(std::string_view start);
  pid_t told_pid(std::string_view start);  // line() as a number
  // Until it is stopped; false where it ended.
  [[nodiscard]] bool stops() const;
  // Waits for its end: the exit code, or 128 + n. A failure of the test where it does not come.
  int wait(std::chrono::milliseconds patience = kPatience);
  // After wait(): what it and the children that it waited for have used.
  [[nodiscard]] const rusage& usage() const { return usage_; }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] const std::string& err() const { return err_; }

 private:
  bool read_some(std::chrono::milliseconds patience);

  pid_t pid_ = -1;
  bool reaped_ = false;
  rusage usage_{};
  Fd out_pipe_;
  Fd err_pipe_;
  std::string out_;
  std::string err_;
};

// True where that process has ended, or ends within the time.
bool ends_within(pid_t pid, std::chrono::milliseconds time);
bool is_running(pid_t pid);
// The first child of that process, once it has one; 0 where that does not happen.
pid_t child_of(pid_t pid);
// Its state as in proc(5), once it is one of `states`; ' ' where that does not happen.
char state_of(pid_t pid, std::string_view states);

}  // namespace slipway::tests
