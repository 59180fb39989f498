// How much the cache takes of the disk, and keeping it below its limits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "fetcher/cache/cache_directory.h"
#include "fetcher/cache/cache_usage.h"
#include "fetcher/plan/cache_limits.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// In bytes, nothing automatic any more.
struct CacheBounds {
  std::uint64_t limit = 0;      // of the whole cache
  std::uint64_t contents = 0;   // of that, what its own two files leave
  std::uint64_t reserve = 0;    // of its file system: what is to stay free
  std::uint64_t available = 0;  // what is free
  bool is_known = true;         // whether the file system says that; else it is much
};
Result<CacheBounds> bounds_of(const CacheDirectory& directory, const CacheLimits& limits);

// The largest content: its entry must fit, too.
std::uint64_t largest_in(const CacheBounds& bounds);

// What was removed, and what is left of objects and entries.
struct Swept {
  std::uint64_t items = 0;  // an object with its entries is one
  std::uint64_t bytes = 0;
  std::uint64_t left_bytes = 0;
};

class CacheRoom {
 public:
  // Both borrowed. `alive` (may be empty) is called now and then by what takes long, waiting for
  // others included: who holds another lock shows life there, for those who wait for that.
  CacheRoom(const CacheDirectory& directory, const CacheLimits& limits,
            std::function<void()> alive = {})
      : directory_(directory), limits_(limits), alive_(std::move(alive)) {}

  // As Cache::make_room().
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes) const;

  // Error: std::errc::no_space_on_device where the reserve is gone and cannot be had back. Costs
  // one system call where all is well.
  [[nodiscard]] Result<void> check_reserve() const;

  // Renames a finished file (borrowed, at `from`) to `object`, counted from before it is there, so
  // that who is killed in between leaves the count too high, never too low. Makes room first, for
  // an entry too. Errors: std::errc::file_too_large; std::errc::no_space_on_device where the
  // reserve cannot be had.
  [[nodiscard]] Result<void> admit(int file, const std::string& from,
                                   const std::string& object) const;

  // The same for a finished tree, which takes so much of the disk. Errors:
  // std::errc::file_too_large; std::errc::no_space_on_device where the limit does not allow it: who
  // wants a tree has the archive, and can do without.
  [[nodiscard]] Result<void> admit_tree(std::uint64_t bytes, const std::string& from,
                                        const std::string& tree) const;

  enum class Extent {
    kNeeded,     // until the bytes fit, somewhat more in advance
    kWorthless,  // also all that nobody can use any more
    kAll,        // whatever is not in use
  };
  // Counts everything, removes what must go for `bytes` more, and notes what is left. Of these
  // `on_disk` are written already, where nobody counts them.
  [[nodiscard]] Result<Swept> sweep(CacheUsage& usage, std::uint64_t bytes, Extent extent,
                                    std::uint64_t on_disk = 0) const;

 private:
  [[nodiscard]] Result<void> check_free(std::uint64_t bytes) const;
  [[nodiscard]] Result<void> place(const std::string& from, const std::string& to,
                                   const std::optional<CacheUsage>& usage) const;

  const CacheDirectory& directory_;
  const CacheLimits& limits_;
  const std::function<void()> alive_;
};

}  // namespace slipway::fetcher
