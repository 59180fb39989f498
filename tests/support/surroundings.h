// What a process inherits from whoever runs the tests, and what of that is to count.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace slipway::tests {

// The caller's. The tests' own is 022 from their start: what they make is as they say.
mode_t callers_umask();

// "NAME=value" of each variable that every slipway shall have around it, whatever else a test gives
// it: what an agent's environment may hold and no outcome may depend on. None but in a run with
// other surroundings (`./dev test --shuffled`).
const std::vector<std::string>& surroundings();

// Where a slipway is started that says nothing of it: "/" but in such a run.
std::string start_directory();

// Between fork and exec: every signal as a new session has it. The caller may ignore some (nohup,
// a shell's background jobs) or block them.
void reset_signals();

}  // namespace slipway::tests
