// The counting of what an extraction costs, against its limits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "fetcher/archive/arrival.h"
#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct Extracted {
  std::uint64_t entries = 0;  // members and the directories they implied
  std::uint64_t bytes = 0;    // sum of the files' sizes
};

// Any thread may add; what is over the limit is an error for whoever added it.
class Budget {
 public:
  // `directory` (borrowed) lies on the file system that is written to. What is spent in waiting for
  // `arrival` (borrowed, may be null) is no time of the extraction's. `progress` (may be empty) is
  // called with whatever is added, by whoever adds it.
  Budget(const ExtractLimits& limits, int directory, const Arrival* arrival = nullptr,
         std::function<void()> progress = {});

  [[nodiscard]] const ExtractLimits& limits() const { return limits_; }
  [[nodiscard]] Extracted spent() const { return {entries_, bytes_}; }

  // Whether there is more free space than is to be left.
  Result<void> check_free_space() const;

  Result<void> add_entry();
  // To be called before they are written. Looks at the free space now and then.
  Result<void> add_bytes(std::uint64_t count);
  // To be called now and then by what takes long without adding anything: the same look at the
  // clock and sign of life as with what is added.
  Result<void> tick() const;
  // `produced` bytes came out of a decoder that read `consumed`; looks at the clock too.
  Result<void> add_decoded(std::uint64_t produced, std::uint64_t consumed);

 private:
  [[nodiscard]] std::uint64_t most_bytes() const;
  [[nodiscard]] Error too_large(std::uint64_t bytes) const;
  Result<void> check_time() const;
  [[nodiscard]] std::chrono::nanoseconds waited() const;
  void show_progress() const;

  const ExtractLimits limits_;
  const int directory_;
  const Arrival* const arrival_;
  const std::function<void()> progress_;
  const std::chrono::steady_clock::time_point deadline_;
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> produced_ = 0;
  std::atomic<std::uint64_t> consumed_ = 0;
};

}  // namespace slipway::fetcher
