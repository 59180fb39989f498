#include "fetcher/transfer/http_resume.h"

#include <strings.h>

#include <charconv>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Takes a number in decimal from the front of the text.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view what) {
  if (text.size() < what.size() || ::strncasecmp(text.data(), what.data(), what.size()) != 0) {
    return false;
  }
  text.remove_prefix(what.size());
  return true;
}

bool is_strong(const std::string& etag) {
  return etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
}

}  // namespace

// A date only where there is no ETag at all, not even a weak one (RFC 9110, section 13.1.5).
bool can_be_resumed(const BodyIdentity& identity) {
  const Validators& validators = identity.validators;
  return validators.etag.empty() ? !validators.last_modified.empty() : is_strong(validators.etag);
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!take(text, "bytes ")) return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || *last < *first || !take(text, "/")) return std::nullopt;
  ContentRange range{*first, *last, std::nullopt};
  if (text == "*") return range;
  range.total = take_number(text);
  if (!range.total || !text.empty() || *last >= *range.total) return std::nullopt;
  return range;
}

std::vector<std::string> resume_headers(const BodyIdentity& identity, std::uint64_t offset) {
  if (offset == 0 || !can_be_resumed(identity)) return {};
  const Validators& validators = identity.validators;
  const std::string& proof = validators.etag.empty() ? validators.last_modified : validators.etag;
  return {cat("Range: bytes=", offset, '-'), cat("If-Range: ", proof)};
}

std::optional<ContentRange> continues(const PartialAnswer& answer, const BodyIdentity& identity,
                                      std::uint64_t offset) {
  std::string_view type = answer.content_type;
  if (offset == 0 || take(type, "multipart/")) return std::nullopt;
  auto range = parse_content_range(answer.content_range);
  if (!range || range->first != offset) return std::nullopt;
  if (identity.total && range->total && *identity.total != *range->total) return std::nullopt;
  if (!range->total) range->total = identity.total;
  if (!range->total || range->last >= *range->total) return std::nullopt;
  // The validator that was asked with must be in the answer, and the same.
  const Validators& ours = identity.validators;
  const bool same_etag = answer.validators.etag == ours.etag;
  const bool same_date =
      !ours.last_modified.empty() && answer.validators.last_modified == ours.last_modified;
  const bool same =
      is_strong(ours.etag) ? same_etag : (ours.etag.empty() || same_etag) && same_date;
  return same ? range : std::nullopt;
}

bool is_strong_date(std::int64_t last_modified, std::int64_t date) {
  constexpr std::int64_t kBlur = 60;
  return last_modified >= 0 && date >= 0 && date - last_modified >= kBlur;
}

}  // namespace slipway::fetcher
