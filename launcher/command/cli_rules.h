// What the options of a command may not say together. Pure.
#pragma once

#include <string>

#include "launcher/command/commands.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

// The first thing that is wrong; empty where nothing is.
std::string contradiction_in(const CommandRow& command, const Options& options);

}  // namespace slipway::launcher
