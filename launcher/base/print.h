// Results, on standard output. Messages go to standard error, see say.h.
#pragma once

#include <string_view>

namespace slipway::launcher {

// To be called before anything is opened: whether the caller closed standard output. What would be
// printed then is lost whatever stands in its place.
void note_standard_output();

// Writes the whole text. False where that cannot be (the disk is full, the reader has gone,
// standard output was closed): then it is said already.
[[nodiscard]] bool print(std::string_view text);

}  // namespace slipway::launcher
