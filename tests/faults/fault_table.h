// Which call can fail how, and what can go wrong in a run that made these calls.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/fault.h"

namespace slipway::tests {

// A call that a run made, in the order of the run.
struct Call {
  int process = 1;
  bool starting = false;  // by the dynamic loader, before the program's own code
  std::string name;
  int when = 1;  // the so-manieth of that name in that process
};

// Of the lines "call …" that inject wrote.
std::vector<Call> parse_calls(std::string_view report);

// Every kill, every error at every call and from every call on, and all EINTRs at once; in the
// order of the run.
std::vector<Fault> faults_in(const std::vector<Call>& calls);
// Calls of which the table does not say with what they fail, nor that they do not.
std::set<std::string> unknown_in(const std::vector<Call>& calls);
// Calls that an older kernel does not have, or a container's filter does not know, and that the run
// makes: each fails every time.
std::vector<Fault> missing_calls_in(const std::vector<Call>& calls);

}  // namespace slipway::tests
