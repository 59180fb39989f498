// The one place where an Error becomes a line.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/base/error.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

// "message (remedy)", as a part of a longer line.
std::string text_of(const Error& error);

// Each prints a line that ends in the code: "… [E-SANDBOX]". Of an Error that says nothing of its
// kind the code is `otherwise`.
void say(const Error& error, MessageCode otherwise = MessageCode::kSystem);
void say_error(MessageCode code, std::string_view text);
void say_warning(MessageCode code, std::string_view text);

}  // namespace slipway::launcher
