// What the cache knows of one URI, and its form in uris/KEY. Pure.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fetcher/plan/validators.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct CacheEntry {
  std::string sha256;  // of the content; its name among the objects
  std::uint64_t bytes = 0;
  Validators validators;
  std::int64_t fetched_at = 0;  // seconds since the epoch, when it was last known to be current
  std::optional<mode_t> mode;   // of a local source
  std::string uri;              // redacted, for people
  std::string generation;       // changes whenever the URI is fetched anew
  // Of the content's file when its hash was computed (identity_of); empty where nobody knows.
  std::string identity = {};
  std::string boot = {};  // the one in which that was (boot_id); empty where nobody knows
};

inline constexpr std::size_t kCacheEntryMaxBytes = std::size_t{64} * 1024;  // of the JSON

std::string to_json(const CacheEntry& entry);
// Errors: text that to_json() has not written, or not the whole of it.
Result<CacheEntry> parse_cache_entry(std::string_view text);

// 64 lower-case hexadecimal digits: the name of an object, and of a key.
bool is_sha256_name(std::string_view name);

}  // namespace slipway::fetcher
