// The one place where an Error becomes a line.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/base/error.h"

namespace slipway::launcher {

// "message (remedy)".
std::string text_of(const Error& error);
std::string with_remedy(std::string_view message, std::string_view remedy);

// Prints it as an error.
void say(const Error& error);

}  // namespace slipway::launcher
