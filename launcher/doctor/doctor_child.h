// A check in a process of its own.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/doctor/finding.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// Runs `work` in a child process, where it may change whatever a process can, and brings back what
// it found. Errors: it was killed by a signal, said nothing, or took longer than `limit`; then it
// is killed, and left behind if it does not even end of that (a file server that is gone).
Result<std::vector<Finding>> in_child(const std::function<std::vector<Finding>()>& work,
                                      std::chrono::milliseconds limit);

// In such a child: lets go of all that its parent had open, but the pipe by which its findings go
// back, and of its parent's terminal. Standard input, output and error are /dev/null then.
Result<void> let_go_of_the_parent();

// Findings as the text that travels, and back. Errors: it is none. Pure.
std::string pack(const std::vector<Finding>& findings);
Result<std::vector<Finding>> unpack(std::string_view text);

}  // namespace slipway::launcher
