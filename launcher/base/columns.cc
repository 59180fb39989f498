#include "launcher/base/columns.h"

#include <algorithm>
#include <vector>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// From U+1100 on (Hangul, in UTF-8 from E1 84 80 on) a character may be wide, but for those of our
// own: general punctuation, lines and blocks (U+2000, U+2500 to U+25BF). Others of these are not: a
// line that is too short does no harm, one that is too long wraps.
std::size_t columns_of_character(std::string_view character) {
  if (character.size() < 3) return 1;
  const std::string_view block = character.substr(0, 2);
  if (block == "\xe2\x80" || (block >= "\xe2\x94" && block <= "\xe2\x96")) return 1;
  return block >= "\xe1\x84" ? 2 : 1;
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(text));
    all.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return all;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const auto character : characters(text)) columns += columns_of_character(character);
  return columns;
}

std::string shortened(std::string_view text, std::size_t width, Glyphs glyphs) {
  if (columns_of(text) <= width) return std::string(text);
  const std::string_view gap = glyphs == Glyphs::kUtf8 ? "…" : "..";
  const std::size_t gap_width = glyphs == Glyphs::kUtf8 ? 1 : 2;
  if (width <= gap_width) return std::string(width, '.');
  const auto all = characters(text);
  // The end of a file's name says more than its start.
  std::size_t left = width - gap_width;
  std::size_t head_left = left / 3;
  std::size_t first = 0;
  std::string head;
  for (; columns_of_character(all[first]) <= head_left; ++first) {
    head += all[first];
    head_left -= columns_of_character(all[first]);
    left -= columns_of_character(all[first]);
  }
  std::size_t from = all.size();
  while (from > first && columns_of_character(all[from - 1]) <= left) {
    left -= columns_of_character(all[--from]);
  }
  std::string tail;
  for (std::size_t i = from; i < all.size(); ++i) tail += all[i];
  return cat(head, gap, tail);
}

std::string padded_right(std::string text, std::size_t width) {
  const std::size_t used = columns_of(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t used = columns_of(text);
  return cat(std::string(used < width ? width - used : 0, ' '), text);
}

}  // namespace slipway::launcher
