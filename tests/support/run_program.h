// Runs a program to its end and keeps what it wrote.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::tests {

struct RunOptions {
  // The whole environment ("NAME=value"); ours where nothing is said.
  std::optional<std::vector<std::string>> env;
  std::string cwd;  // ours where empty
  std::string stdin_text;
  std::optional<mode_t> umask = {};  // ours where nothing is said
  // Becomes this user before the program starts, with no supplementary groups. Needs root.
  struct Ids {
    uid_t uid;
    gid_t gid;
  };
  std::optional<Ids> user;
  // Afterwards the program and its process group are killed and the test fails.
  std::chrono::milliseconds timeout{60'000};
};

struct RunResult {
  int exit_code = -1;  // 128 + n where signal n ended it; -1 where it never ran
  std::string out;
  std::string err;
};

// argv[0] is looked up in PATH unless it holds a '/'. The program leads a process group of its own
// has no descriptors but 0, 1 and 2, and default signals. A program that cannot be started is a
// failure of the test.
RunResult run_program(const std::vector<std::string>& argv, const RunOptions& options = {});

}  // namespace slipway::tests
