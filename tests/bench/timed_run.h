// Starts a program, waits for it, and says what that cost.
#pragma once

#include <string>
#include <vector>

namespace slipway::bench {

struct Cost {
  double wall_ms = 0;
  double cpu_ms = 0;  // user and system, of the program and what it waited for
  double faults = 0;  // minor page faults
  // The most memory at one time that one of these processes had. Never less than what we had: by
  // vfork(2) it starts in our memory, and the kernel counts that in.
  double peak_mib = 0;
};

// argv[0] is a path. The program has a small environment of its own and standard input from
// /dev/null; it is started by vfork, so that our own size costs nothing. Throws where the program
// cannot be started or exits with another status than 0.
Cost timed_run(const std::vector<std::string>& argv);

}  // namespace slipway::bench
