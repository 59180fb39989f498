// What the unpacking of one archive may cost. Everything is counted on what is really written or
// decoded, never on what headers promise. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fetcher/base/automatic_size.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Generous, and always on.
struct ExtractLimits {
  std::uint64_t bytes = std::uint64_t{100} << 30;  // sum of the files' sizes, holes included
  std::uint64_t entries = 10'000'000;              // members and the directories they imply
  std::uint64_t ratio = 1100;                      // decoded : compressed, from 64 MiB on
  std::uint64_t path_length = 4096;                // bytes of a name, its terminator included
  std::uint64_t depth = 128;                       // components of a name
  std::uint64_t metadata_bytes = std::uint64_t{1} << 20;    // headers of one member
  std::uint64_t directory_bytes = std::uint64_t{64} << 20;  // central directory of a zip
  std::uint64_t seconds = 3600;                             // of the clock on the wall
  std::uint64_t decoder_memory = std::uint64_t{256} << 20;  // what xz and zstd may ask for
  // Bytes that stay free on the file system that is written to. Automatic: a hundredth of it, at
  // most 1 GiB.
  std::uint64_t free_space_reserve = kAutomaticSize;
  // Of what is unpacked into the cache: how large that may be. The reserve is the cache's then.
  // Nobody's setting, and no row of the table.
  std::optional<std::uint64_t> cache_bytes = {};

  bool operator==(const ExtractLimits&) const = default;
};

// What an automatic reserve is on a file system of so many bytes. The cache's is the same.
std::uint64_t automatic_reserve(std::uint64_t size);
// What stays free on a file system of so many bytes.
std::uint64_t reserve_of(const ExtractLimits& limits, std::uint64_t size);

enum class LimitUnit { kBytes, kCount, kSeconds };

// One limit as an operator knows it.
struct LimitRow {
  std::string_view key;  // in the table [extract] of the settings file
  std::uint64_t ExtractLimits::*value;
  LimitUnit unit;
  std::string_view meaning;  // a sentence for people, in plain words
  std::string_view range = "1 or more";
};

std::span<const LimitRow> extract_limit_rows();

// The error of every limit. `what` says what is too much of it; the message names the limit, the
// remedy the key that raises it.
Error over_limit(std::string_view what, std::uint64_t ExtractLimits::*limit, std::uint64_t value);

}  // namespace slipway::fetcher
