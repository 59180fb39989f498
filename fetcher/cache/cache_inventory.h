// All that is in a cache, by name and size. Walks by directory descriptors: Boost.Filesystem walks
// by paths, which somebody could swap under it.
#pragma once

#include <time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fetcher/cache/cache_directory.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct StoredFile {
  std::string name;
  std::uint64_t bytes = 0;  // of the disk
  timespec changed{};       // an entry's: last used
};

struct CacheInventory {
  std::vector<StoredFile> objects;
  std::vector<StoredFile> entries;
  std::vector<StoredFile> partials;
  // By their keys; one without a readable record has 0 bytes.
  std::vector<StoredFile> trees = {};

  [[nodiscard]] std::uint64_t stored_bytes() const;   // of objects, entries and trees
  [[nodiscard]] std::uint64_t partial_bytes() const;  // of what is being filled or was left
};

// Complete for who holds the lock of the usage: nothing comes to the objects then. `beat` is called
// now and then. Files that vanish meanwhile, and what is no file of the owner's, are left out.
Result<CacheInventory> take_inventory(const CacheDirectory& directory,
                                      const std::function<void()>& beat);

// What stands in partial/ alone.
Result<std::vector<StoredFile>> list_partials(const CacheDirectory& directory);

std::uint64_t sum_of(const std::vector<StoredFile>& files);

}  // namespace slipway::fetcher
