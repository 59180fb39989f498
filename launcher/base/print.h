// Results, on standard output. Messages go to standard error, see say.h.
#pragma once

#include <string_view>

namespace slipway::launcher {

// Writes the whole text. False where that cannot be (the disk is full, the reader has gone): then
// it is said already.
[[nodiscard]] bool print(std::string_view text);

}  // namespace slipway::launcher
