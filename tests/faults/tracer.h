// Runs a program with all that it starts, and does something at one of their system calls.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/fault.h"

namespace slipway::tests {

struct TracedRun {
  std::vector<std::string> argv;  // argv[0] is a path
  std::optional<uid_t> user;      // its gid, too; without groups
  // What is executed from this file is somebody else's: nothing happens to it, and nothing is told.
  std::string executor;
  // None: every call is told, and nothing happens to any.
  std::optional<Fault> fault;
};

// Everything that happens between execve(2) of a program and its end is seen by ptrace(2) and
// seccomp(2), which stops the processes at the calls in question only. As strace(1) does it, but
// the processes are told apart: there each counts for itself, and the parent always comes first.
class Tracer {
 public:
  // Told: "call PROCESS start|run NAME" in the order of the calls, where no fault is asked for
  // ("start": by the dynamic loader); "hit PROCESS NAME ARGUMENT" (the call's first, in decimal)
  // where the fault was; "left PID PROGRAM" for each process that is still there some seconds after
  // the first has ended; it is killed.
  Tracer(const TracedRun& run, std::function<void(const std::string&)> tell)
      : run_(run), tell_(std::move(tell)) {}

  // The exit code of the first process; 128 + n where a signal ended it.
  int operator()();

 private:
  struct Process {
    int number = 0;
    bool starting = true;        // in the dynamic loader
    bool is_executor = false;    // no more of ours
    std::map<long, int> counts;  // of calls, by their numbers
  };

  [[noreturn]] void become_program(int go) const;
  void start();
  void install_filter() const;
  Process& process_of(pid_t thread);
  void take_stop(pid_t thread, int status);
  void take_end(pid_t thread, int status);
  void take_exec(pid_t thread, Process& process) const;
  enum class Made {
    kAsItIs,      // or not at all, where the fault replaces it
    kAllTheSame,  // and fails afterwards
  };
  Made take_call(pid_t thread, Process& process);
  void set_result(pid_t thread) const;
  [[nodiscard]] bool is_struck(const Process& process, int count);
  void strike(pid_t thread, const Process& process, unsigned long long argument);
  void end_the_rest();

  const TracedRun& run_;
  std::function<void(const std::string&)> tell_;
  long number_ = -1;  // of the fault's call
  pid_t first_ = -1;
  std::optional<int> exit_code_;
  std::map<pid_t, pid_t> groups_;       // thread, its process
  std::map<pid_t, Process> processes_;  // by the pid
  int total_ = 0;                       // calls of the fault's kind, of all processes
  bool struck_ = false;
};

}  // namespace slipway::tests
