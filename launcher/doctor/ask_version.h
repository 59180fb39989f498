// Asking a program which one it is.
#pragma once

#include <string>

#include "sandbox/base/result.h"

namespace slipway::launcher {

// The first line that `program --version` writes to standard output. It is executed as the caller,
// so whoever asks has made sure who it belongs to; it finds PATH and /dev/null, and is ended after
// five seconds. Errors: it cannot be executed, says nothing, or fails.
Result<std::string> ask_version(const std::string& program);

}  // namespace slipway::launcher
