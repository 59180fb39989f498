// The one place where an Error becomes a line.
#pragma once

#include <string>

#include "sandbox/base/error.h"

namespace slipway::launcher {

// "message (remedy)".
std::string text_of(const Error& error);

// Prints it as an error.
void say(const Error& error);

}  // namespace slipway::launcher
