#include "fetcher/transfer/http_headers.h"

#include <curl/curl.h>
#include <strings.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "fetcher/transfer/curl_handle.h"
#include "fetcher/transfer/http_failure.h"
#include "fetcher/transfer/http_resume.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// What is kept of ETag and Last-Modified; longer ones are treated as absent.
constexpr std::size_t kMaxValidator = 1024;

// Goes back into a request one day, as it came: nothing that could start another header, or that
// the cache's JSON would alter.
std::string validator(void* easy, const char* name) {
  std::string value = header_of(easy, name);
  const bool odd = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return odd || !is_utf8(value) || value.size() > kMaxValidator ? std::string() : value;
}

std::int64_t date_of(const std::string& text) {
  return static_cast<std::int64_t>(::curl_getdate(text.c_str(), nullptr));
}

// The length that all Content-Length headers agree on; nothing where there is none. Read here and
// strictly (RFC 9110, section 8.6: digits only; what contradicts itself is no answer), because
// libcurl passes over what it cannot read, and then a body that was cut short looks whole.
Result<std::optional<std::uint64_t>, TransferFailure> announced_length(void* easy) {
  std::optional<std::uint64_t> length;
  curl_header* found = nullptr;
  for (std::size_t i = 0;; ++i) {
    if (::curl_easy_header(easy, "Content-Length", i, CURLH_HEADER, -1, &found) != CURLHE_OK) {
      return length;
    }
    const std::string_view text = found->value;
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      return framing_failure("the server announced a length that is no number");
    }
    if (length && *length != number) {
      return framing_failure("the server announced two different lengths");
    }
    length = number;
  }
}

// True for the one transfer coding whose end libcurl sees by itself. None was asked for, so any
// other, and any combination, is a body that we cannot take to be whole or as sent.
Result<bool, TransferFailure> is_chunked(void* easy) {
  curl_header* found = nullptr;
  if (::curl_easy_header(easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
    return false;
  }
  const std::string_view coding = found->value;
  if (found->amount == 1 && coding.size() == 7 && ::strncasecmp(coding.data(), "chunked", 7) == 0) {
    return true;
  }
  return framing_failure("the server used a transfer coding that was not asked for");
}

}  // namespace

std::string header_of(void* easy, const char* name) {
  curl_header* found = nullptr;
  if (::curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

Validators validators_of(void* easy) {
  return {validator(easy, "ETag"), validator(easy, "Last-Modified")};
}

BodyIdentity identity_of(void* easy) {
  BodyIdentity identity{validators_of(easy), std::nullopt};
  if (!is_strong_date(date_of(identity.validators.last_modified),
                      date_of(header_of(easy, "Date")))) {
    identity.validators.last_modified.clear();
  }
  const std::int64_t announced = curl_announced(easy);
  if (announced >= 0 && header_of(easy, "Transfer-Encoding").empty()) {
    identity.total = static_cast<std::uint64_t>(announced);
  }
  return identity;
}

Result<std::optional<std::uint64_t>, TransferFailure> length_of(void* easy) {
  if (TRY(is_chunked(easy))) return std::optional<std::uint64_t>();
  return announced_length(easy);
}

std::optional<std::chrono::milliseconds> retry_after_of(void* easy) {
  const std::string text = header_of(easy, "Retry-After");
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    const std::int64_t date = date_of(text);
    if (date < 0) return std::nullopt;
    seconds = date - static_cast<std::int64_t>(::time(nullptr));
  }
  constexpr std::int64_t kMost = std::int64_t{366} * 24 * 3600;
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMost));
}

}  // namespace slipway::fetcher
