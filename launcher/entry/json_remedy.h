// What is to be done about a text that is no JSON, where the parser only knows that it is none.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::launcher {

// `offset`: where the parser gave up, at most the text's size. `unclosed`: the innermost bracket
// that is open there; npos where none is. Empty where nothing is recognised.
std::string json_remedy(std::string_view text, std::size_t offset, std::size_t unclosed);

}  // namespace slipway::launcher
