#include "fetcher/archive/extract_limits.h"

#include <algorithm>

#include "fetcher/base/automatic_size.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr LimitRow kRows[] = {
    {"max_bytes", &ExtractLimits::bytes, LimitUnit::kBytes,
     "All files of one archive together, holes included."},
    {"max_entries", &ExtractLimits::entries, LimitUnit::kCount,
     "Members, and the directories that their names imply."},
    {"max_ratio", &ExtractLimits::ratio, LimitUnit::kCount,
     "Unpacked bytes for one packed byte, after the first 64 MiB."},
    {"max_path_length", &ExtractLimits::path_length, LimitUnit::kBytes,
     "Bytes of a member's name, with the one that ends it.", "1 to 4096"},
    {"max_depth", &ExtractLimits::depth, LimitUnit::kCount, "Components of a member's name."},
    {"max_metadata", &ExtractLimits::metadata_bytes, LimitUnit::kBytes,
     "The headers of one member of a tar archive."},
    {"max_directory", &ExtractLimits::directory_bytes, LimitUnit::kBytes,
     "The central directory of a zip archive, which is kept in memory with about 80 bytes for "
     "each member."},
    {"max_time", &ExtractLimits::seconds, LimitUnit::kSeconds,
     "Unpacking one archive, in whole seconds."},
    {"max_memory", &ExtractLimits::decoder_memory, LimitUnit::kBytes,
     "The window that xz or zstd data asks for; for zstd the power of two below it counts."},
    {"free_space_reserve", &ExtractLimits::free_space_reserve, LimitUnit::kBytes,
     "What stays free on the sandbox's file system. auto: a hundredth of it, at most 1GiB; 0: "
     "nothing.",
     "a size, or auto"},
};

std::string_view key_of(std::uint64_t ExtractLimits::*limit) {
  return std::ranges::find(kRows, limit, &LimitRow::value)->key;
}

}  // namespace

std::uint64_t automatic_reserve(std::uint64_t size) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  return std::min(size / 100, kMost);
}

std::uint64_t reserve_of(const ExtractLimits& limits, std::uint64_t size) {
  const bool automatic = limits.free_space_reserve == kAutomaticSize;
  return automatic ? automatic_reserve(size) : limits.free_space_reserve;
}

std::span<const LimitRow> extract_limit_rows() {
  return kRows;
}

Error over_limit(std::string_view what, std::uint64_t ExtractLimits::*limit, std::uint64_t value) {
  const std::string_view key = key_of(limit);
  return Error(cat(what, ": over the extraction limit '", key, "' of ", value))
      .hint(cat("for an archive that can be trusted raise ", key,
                " under [extract] in /etc/slipway/slipway.toml or in a file for --settings, or set "
                "\"extract\": false and let the executor unpack it"));
}

}  // namespace slipway::fetcher
