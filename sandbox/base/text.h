// Small text tools that every message needs. Nothing else moves in. Pure.
#pragma once

#include <charconv>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

namespace detail {

inline void append_piece(std::string& out, std::string_view piece) {
  out += piece;
}
inline void append_piece(std::string& out, char piece) {
  out += piece;
}
template <std::integral T>
void append_piece(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

}  // namespace detail

// The pieces (text, characters, integers in decimal), one after the other.
template <class... Pieces>
[[nodiscard]] std::string cat(const Pieces&... pieces) {
  std::string out;
  (detail::append_piece(out, pieces), ...);
  return out;
}

// 'text' in single quotes, fit for one line of a log whatever the bytes are: control characters,
// quotes, backslashes and bytes that are not UTF-8 appear as escapes.
[[nodiscard]] std::string quote(std::string_view text);

// As quote(), without the quotes: for text that is printed as a line of its own.
[[nodiscard]] std::string escape(std::string_view text);

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

// The last component of a path: all of the text where it has no '/'.
[[nodiscard]] std::string_view after_last_slash(std::string_view text);

// A word that /bin/sh reads back as exactly these bytes: bare where that is safe, else quoted.
[[nodiscard]] std::string shell_quote(std::string_view word);

// The length in bytes of the well-formed UTF-8 character (RFC 3629) at the start of `text`; 0 where
// there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

// Whether terminals obey that well-formed character: the C1 controls (U+0080 to U+009F), and what
// turns the direction of writing or breaks the line (U+200E, U+200F, U+2028 to U+202E, U+2066 to
// U+2069).
[[nodiscard]] bool is_obeyed(std::string_view character);

// Whether all of it is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

// The largest place up to `at` where no character of `text` is cut.
[[nodiscard]] std::size_t at_character(std::string_view text, std::size_t at);

// `text` in at most `limit` bytes (64 or more): of a longer one the start and the end, and between
// them how much was left out.
[[nodiscard]] std::string abbreviated(std::string_view text, std::size_t limit);

// The letters of ASCII in small, whatever the locale: what schemes, hosts and names of headers are
// compared by.
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace slipway
