// Quantities as people write them on a command line. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::launcher {

// "2" and "2s": seconds; "500ms", "1m", "1h". At most about 292 years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// As parse_duration() reads it: "500ms", "5s".
std::string text_of(std::chrono::milliseconds duration);

}  // namespace slipway::launcher
