#include "fetcher/transfer/http_excerpt.h"

#include <strings.h>

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kLongest = 200;
constexpr std::string_view kReadable[] = {"text/plain", "text/xml", "application/json",
                                          "application/problem+json", "application/xml"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool holds_any(std::string_view text, const std::vector<std::string>& secrets) {
  return std::ranges::any_of(secrets, [&](const std::string& secret) {
    return !secret.empty() && text.find(secret) != std::string_view::npos;
  });
}

// How many bytes at the end of a text are the start of a secret: it may have been cut inside one.
std::size_t begun_at_end(std::string_view body, std::string_view secret) {
  constexpr std::size_t kTelling = 4;  // fewer bytes are chance, and tell nothing
  for (std::size_t size = std::min(body.size(), secret.size()); size >= kTelling; --size) {
    if (body.ends_with(secret.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

bool is_worth_reading(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return std::ranges::any_of(kReadable, [&](std::string_view each) {
    return each.size() == type.size() && ::strncasecmp(each.data(), type.data(), each.size()) == 0;
  });
}

std::string make_excerpt(std::string_view body, const std::vector<std::string>& secrets) {
  if (holds_any(body, secrets)) return {};
  std::size_t begun = 0;
  for (const std::string& secret : secrets) begun = std::max(begun, begun_at_end(body, secret));
  body.remove_suffix(begun);
  std::string line;
  for (const char c : body) {
    if (!is_blank(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  std::string shown = escape(line);
  // Blanks that became one, and escapes, may have made one.
  if (holds_any(shown, secrets)) return {};
  if (shown.size() <= kLongest) return shown;
  // Not in the middle of a character of UTF-8.
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xc0) == 0x80) --end;
  return shown.substr(0, end) + "…";
}

}  // namespace slipway::fetcher
