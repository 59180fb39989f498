#include "sandbox/base/text.h"

#include <algorithm>

namespace slipway {

namespace {

constexpr char kHex[] = "0123456789abcdef";

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

void append_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
  }
}

void append_escaped(std::string& out, std::string_view text, bool quotes_too) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (byte < 0x80) {
      if (is_control(byte)) {
        append_escape(out, byte);
      } else {
        if (quotes_too && (byte == '\'' || byte == '\\')) out += '\\';
        out += text.front();
      }
    } else {
      length = utf8_length(text);
      if (length == 0 || is_obeyed(text.substr(0, length))) {
        length = std::max<std::size_t>(length, 1);
        for (const char each : text.substr(0, length))
          append_escape(out, static_cast<unsigned char>(each));
      } else {
        out += text.substr(0, length);
      }
    }
    text.remove_prefix(length);
  }
}

bool is_plain_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("%+,-./:=@_").find(c) != std::string_view::npos;
}

}  // namespace

bool is_obeyed(std::string_view character) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return at(0) == 0xc2 && at(1) < 0xa0;
  if (character.size() != 3 || at(0) != 0xe2) return false;
  if (at(1) == 0x80) return at(2) == 0x8e || at(2) == 0x8f || (at(2) >= 0xa8 && at(2) <= 0xae);
  return at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9;
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and code points beyond U+10FFFF.
  if (lead == 0xe0 && at(1) < 0xa0) return 0;
  if (lead == 0xed && at(1) > 0x9f) return 0;
  if (lead == 0xf0 && at(1) < 0x90) return 0;
  if (lead == 0xf4 && at(1) > 0x8f) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t at_character(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return std::min(at, text.size());
}

std::string abbreviated(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  constexpr std::size_t kNote = sizeof "[... 18446744073709551615 bytes ...]";
  const std::size_t room = limit - kNote;
  const std::size_t head = at_character(text, room / 4 * 3);
  std::size_t tail = text.size() - (room - head);
  if (const std::size_t whole = at_character(text, tail); whole < tail) {
    tail = whole + std::max<std::size_t>(utf8_length(text.substr(whole)), 1);
  }
  return cat(text.substr(0, head), "[... ", tail - head, " bytes ...]", text.substr(tail));
}

std::string quote(std::string_view text) {
  std::string out = "'";
  append_escaped(out, text, true);
  out += '\'';
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  append_escaped(out, text, false);
  return out;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string_view after_last_slash(std::string_view text) {
  return text.substr(text.rfind('/') + 1);  // npos + 1 is 0
}

std::string shell_quote(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain_word_byte)) {
    return std::string(word);
  }
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace slipway
