// The environment variables that a Mesos agent gives to an executor and that are not there when one
// is started by hand (src/slave/slave.cpp, executorEnvironment()). Pure.
#pragma once

#include <string_view>
#include <vector>

#include "sandbox/environment.h"

namespace slipway::launcher {

// Those that a line for a shell expands: "$NAME" or "${NAME…", each once, in the order of the
// table. Those that slipway sets itself are not among them.
std::vector<std::string_view> agent_variables_in(std::string_view shell_line);

// Those that an executor needs to register with an agent and does not find there.
std::vector<std::string_view> missing_agent_variables(const sandbox::Environment& environment);

}  // namespace slipway::launcher
