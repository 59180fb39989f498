// Continuing a body that broke off (RFC 9110, sections 13.1.5 and 14): when that may be asked for,
// and whether the answer is the rest of the same version. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

// "bytes FIRST-LAST/TOTAL"; TOTAL may be "*". Both ends count.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;

  bool operator==(const ContentRange&) const = default;
};
// Nothing where it is not exactly that, or where last is before first or beyond the total.
std::optional<ContentRange> parse_content_range(std::string_view text);

// Whether what comes after a part of that version can be asked for.
bool can_be_resumed(const BodyIdentity& identity);

// The headers that ask for what comes after `offset`, for as long as the resource is the version
// of `identity`; none where nothing identifies it strongly.
std::vector<std::string> resume_headers(const BodyIdentity& identity, std::uint64_t offset);

// What an answer 206 says of itself.
struct PartialAnswer {
  std::string content_range;
  std::string content_type;
  Validators validators;
};

// The range of an answer that continues the body of `identity` at `offset`, with the total that one
// of the two knows; else nothing. Servers answer 206 without having looked at If-Range, or with the
// range of another version: each of them would make a mixture. Where neither knows the total,
// nobody could say whether the body is whole.
std::optional<ContentRange> continues(const PartialAnswer& answer, const BodyIdentity& identity,
                                      std::uint64_t offset);

// The date, if it is a strong validator (RFC 9110, section 8.8.2.2): older than the answer by more
// than clocks and file systems blur. Seconds since the epoch.
bool is_strong_date(std::int64_t last_modified, std::int64_t date);

}  // namespace slipway::fetcher
