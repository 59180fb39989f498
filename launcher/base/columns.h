// Text in a terminal's columns. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::launcher {

// As many as `text`, which is escape()d UTF-8, may take: two for what East Asian fonts make wide.
std::size_t columns_of(std::string_view text);

// `text` in at most `width` columns: of one that is longer the middle is left out ("very…name", in
// ASCII "very..name").
enum class Glyphs { kAscii, kUtf8 };
std::string shortened(std::string_view text, std::size_t width, Glyphs glyphs);

// With blanks behind it up to `width` columns; before it.
std::string padded_right(std::string text, std::size_t width);
std::string padded_left(std::string_view text, std::size_t width);

}  // namespace slipway::launcher
