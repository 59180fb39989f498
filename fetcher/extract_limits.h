// What an archive may cost, and the counting of it. Everything is counted on what is really written
// or decoded, never on what headers promise.
#pragma once

#include <chrono>
#include <cstdint>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Generous, and always on. Each error names its limit by the name of the member here.
struct ExtractLimits {
  std::uint64_t bytes = std::uint64_t{100} << 30;  // sum of the files' sizes, holes included
  std::uint64_t entries = 10'000'000;              // members and the directories they imply
  std::uint64_t path_length = 4096;                // bytes of a name, its terminator included
  std::uint64_t depth = 128;                       // components of a name
  std::uint64_t metadata_bytes = std::uint64_t{1} << 20;    // headers of one member
  std::uint64_t directory_bytes = std::uint64_t{64} << 20;  // central directory of a zip
  std::uint64_t ratio = 1100;                               // decoded : compressed, from 64 MiB on
  std::uint64_t seconds = 3600;                             // of the clock on the wall
  std::uint64_t decoder_memory = std::uint64_t{256} << 20;  // what xz and zstd may ask for
};

struct Extracted {
  std::uint64_t entries = 0;  // members and the directories they implied
  std::uint64_t bytes = 0;    // sum of the files' sizes
};

// The error of every limit: `what` says what is too much of it.
Error over_limit(std::string_view what, std::string_view limit, std::uint64_t value);

class Budget {
 public:
  explicit Budget(const ExtractLimits& limits);

  [[nodiscard]] const ExtractLimits& limits() const { return limits_; }
  [[nodiscard]] const Extracted& spent() const { return spent_; }

  Result<void> add_entry();
  Result<void> add_bytes(std::uint64_t count);
  // `produced` bytes came out of a decoder that read `consumed`; looks at the clock too.
  Result<void> add_decoded(std::uint64_t produced, std::uint64_t consumed);

 private:
  Result<void> check_time() const;

  ExtractLimits limits_;
  Extracted spent_;
  std::uint64_t produced_ = 0;
  std::uint64_t consumed_ = 0;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace slipway::fetcher
