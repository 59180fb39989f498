// How a supervised executor ended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::launcher {

struct Ending {
  enum class Of {
    kExecutor,
    kPreparation,  // before the executor ran: by a signal, or slipway failed and has said why
    kNothing,      // it could not be ended: there is no wait_status
  };
  Of of = Of::kExecutor;
  int wait_status = 0;  // waitpid(2)
  std::chrono::nanoseconds wall{};
  // Of every process of the tree that has ended, the preparation included.
  std::chrono::microseconds user_cpu{};
  std::chrono::microseconds system_cpu{};
  long max_resident_kib = 0;  // of the largest of them
  // Warnings for people. They wait until the tree has ended: who reads them may have stopped.
  std::vector<std::string> remarks = {};
};

// The code, or 128 + n after signal n; 125 where it could not be ended.
int exit_status_of(const Ending& ending);

// One line for people: "'name' ended with exit code 3 after 1.234 s (CPU 0.010 s user, 0.002 s
// system; largest process 2012 KiB resident)".
std::string describe(const Ending& ending, std::string_view executor);

// "SIGTERM"; "signal 35" where it has no name.
std::string signal_name(int signal);

}  // namespace slipway::launcher
