#include "launcher/entry/json_remedy.h"

#include <algorithm>

#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kLookedAt = 512;  // bytes, as other programs look for binary files

bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

bool is_binary(std::string_view text) {
  return std::ranges::any_of(text.substr(0, kLookedAt), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

// Of the file as a whole.
std::string remedy_of_file(std::string_view text) {
  if (is_utf16(text)) return "it is UTF-16: save it as UTF-8";
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return "it is empty: slipway-executors(5) has an example of what belongs there";
  }
  if (is_binary(text)) return "it is no text: give the file with the executor entries";
  if (text[first] != '[' && text[first] != '{') {
    return "executor entries begin with '[': this is no job's .aurora file, and not YAML";
  }
  return {};
}

std::string remedy_of_bracket(std::string_view text, std::size_t unclosed) {
  if (unclosed >= text.size()) return "there is no bracket that this closes: remove it";
  const auto bracket = sandbox::line_column(text, unclosed);
  return cat("the '", text[unclosed], "' of line ", bracket.line, ", column ", bracket.column,
             " is not closed");
}

}  // namespace

std::string json_remedy(std::string_view text, std::size_t offset, std::size_t unclosed) {
  if (auto remedy = remedy_of_file(text); !remedy.empty()) return remedy;
  if (offset >= text.size()) {
    return unclosed < text.size() ? remedy_of_bracket(text, unclosed) : std::string();
  }
  const char c = text[offset];
  // Between tokens it would be white space: so this is inside a string.
  if (c == '\n' || c == '\r') {
    return "put a '\"' where the string ends; a line break in a string is written \\n";
  }
  if (c == '\t') return "a tab in a string is written \\t";
  if (static_cast<unsigned char>(c) >= 0x80) return "save the file as UTF-8";
  if (c == ']' || c == '}') return remedy_of_bracket(text, unclosed);
  return {};
}

}  // namespace slipway::launcher
