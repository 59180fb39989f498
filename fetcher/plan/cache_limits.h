// What the cache may take of the disk, and how long it is waited for. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "fetcher/base/automatic_size.h"

namespace slipway::fetcher {

struct CacheLimits {
  // Of the disk, for all files in it. Automatic: 10 GiB or a tenth of the file system, whichever is
  // less.
  std::uint64_t max_bytes = kAutomaticSize;
  // What stays free on its file system. Automatic: a hundredth of it, at most 1 GiB.
  std::uint64_t free_space_reserve = kAutomaticSize;
  // With another slipway that fills an entry and gives no sign of life; one that died is replaced
  // at once.
  std::chrono::milliseconds lock_patience{10'000};

  bool operator==(const CacheLimits&) const = default;
};

}  // namespace slipway::fetcher
