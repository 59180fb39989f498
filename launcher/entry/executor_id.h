// Ids as a Mesos agent accepts them. Pure.
#pragma once

#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::launcher {

// validateID of Mesos (src/common/validation.cpp): not empty, at most NAME_MAX bytes, no control
// character, no '/' or '\', not "." or "..".
Result<void> check_id(std::string_view id);

}  // namespace slipway::launcher
