// Kernels and containers that lack system calls.
#pragma once

#include <initializer_list>

namespace slipway::tests {

// From here on these calls fail with that error number, in this process and all that it starts
// (seccomp(2)). Needs root. Ends the process where it cannot be had.
void deny_calls(std::initializer_list<long> calls, int number);

}  // namespace slipway::tests
