#include "launcher/base/secret_mask.h"

#include <algorithm>

#include "sandbox/environment.h"

namespace slipway::launcher {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kUriEnd = " \t\r\n\"'<>,";

void mask(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (text[i] != '\n') text[i] = '*';
  }
}

void mask_uri(std::string& text, std::size_t begin) {
  const std::size_t end = std::min(text.find_first_of(kUriEnd, begin), text.size());
  const std::size_t authority_end = std::min(text.find_first_of("/?#", begin), end);
  // A password may hold a '/' or '?' that nobody has encoded: behind "user:" the last '@' counts.
  const std::size_t at = std::string_view(text).substr(0, end).rfind('@');
  const bool is_userinfo = at != std::string_view::npos && at >= begin &&
                           (at < authority_end || text.find(':', begin) < authority_end);
  if (is_userinfo) mask(text, begin, at);
  const std::size_t question = std::min(text.find('?', begin), end);
  if (question < end) mask(text, question + 1, std::min(text.find('#', question), end));
}

// Of the string that is the value of `key` in [begin, end): where it stands; empty: it is not
// there.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Span string_of(const std::string& text, std::string_view key, std::size_t begin, std::size_t end) {
  for (std::size_t at = text.find(key, begin); at < end; at = text.find(key, at + 1)) {
    const std::size_t colon = text.find_first_not_of("\"' \t\r\n", at + key.size());
    if (colon >= end || (text[colon] != ':' && text[colon] != '=')) continue;
    const std::size_t quote = text.find_first_not_of(kBlanks, colon + 1);
    if (quote >= end || (text[quote] != '"' && text[quote] != '\'')) continue;
    std::size_t close = quote + 1;
    while (close < end && text[close] != text[quote]) close += text[close] == '\\' ? 2 : 1;
    return {quote + 1, std::min(close, end)};
  }
  return {};
}

void mask_variables(std::string& text) {
  for (std::size_t open = text.find('{'); open != std::string::npos;
       open = text.find('{', open + 1)) {
    const std::size_t end = std::min(text.find_first_of("{}", open + 1), text.size());
    const Span name = string_of(text, "name", open, end);
    if (name.end <= name.begin) continue;
    if (!sandbox::looks_secret(text.substr(name.begin, name.end - name.begin))) continue;
    // To the end of the object, where the string itself holds a bracket or is not closed.
    const Span value = string_of(text, "value", open, text.size());
    if (value.begin > open && value.begin < end) mask(text, value.begin, value.end);
  }
}

}  // namespace

std::string mask_secrets(std::string_view given) {
  std::string text(given);
  constexpr std::string_view kMark = "://";
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    mask_uri(text, at + kMark.size());
  }
  mask_variables(text);
  return text;
}

}  // namespace slipway::launcher
