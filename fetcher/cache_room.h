// How much the cache takes of the disk, and keeping it below its limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/cache_directory.h"
#include "fetcher/cache_limits.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// In bytes, nothing automatic any more.
struct CacheBounds {
  std::uint64_t limit = 0;      // of the whole cache
  std::uint64_t reserve = 0;    // of its file system: what is to stay free
  std::uint64_t available = 0;  // what is free
};
Result<CacheBounds> bounds_of(const CacheDirectory& directory, const CacheLimits& limits);

class CacheRoom {
 public:
  CacheRoom(const CacheDirectory& directory, const CacheLimits& limits)
      : directory_(directory), limits_(limits) {}

  // As Cache::make_room().
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes) const;

  // Renames a finished file (borrowed, at `from`) to `object`, counted from before it is there, so
  // that who is killed in between leaves the count too high, never too low. Makes room first.
  [[nodiscard]] Result<void> admit(int file, const std::string& from,
                                   const std::string& object) const;

 private:
  const CacheDirectory& directory_;
  const CacheLimits& limits_;
};

}  // namespace slipway::fetcher
