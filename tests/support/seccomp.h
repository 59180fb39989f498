// Kernels and containers that lack system calls.
#pragma once

#include <initializer_list>
#include <span>

namespace slipway::tests {

// From here on these calls fail with that error number, in this process and all that it starts
// (seccomp(2)). Needs root, or no_new_privs. Ends the process where it cannot be had.
void deny_calls(std::span<const long> calls, int number);
inline void deny_calls(std::initializer_list<long> calls, int number) {
  deny_calls(std::span(calls.begin(), calls.size()), number);
}

}  // namespace slipway::tests
