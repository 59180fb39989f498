// What goes when the cache needs room, in which order, and how.
#pragma once

#include <time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fetcher/cache/cache_directory.h"
#include "fetcher/cache/cache_inventory.h"

namespace slipway::fetcher {

struct EvictionCandidate {
  enum class Kind {
    kObject,   // with the entries that name it
    kEntry,    // one whose object is gone, or that cannot be read
    kPartial,  // with what stands beside it
    kTree,     // by its name; not for evict() (tree_eviction.h)
  };
  Kind kind = Kind::kObject;
  std::string name;               // of the object; else the key
  std::vector<std::string> keys;  // of an object: whose entries name it
  std::uint64_t bytes = 0;        // of the disk, an object's entries included
  timespec used{};
  bool worthless = false;  // nobody can use it any more
};

// In the order in which they go: what is worthless, then what was not used for longest. Partials
// are worthless after a week, after another boot, and where nothing says what they are a part of.
// `beat` is called now and then.
std::vector<EvictionCandidate> eviction_order(const CacheDirectory& directory,
                                              const CacheInventory& inventory,
                                              const std::function<void()>& beat);

// The bytes that were freed; 0 where it is in use, is being filled, or is another one by now.
// Errors are no matter: what cannot be removed frees nothing.
std::uint64_t evict(const CacheDirectory& directory, const EvictionCandidate& candidate);

// Removes lock files that nobody holds; returns how many.
std::uint64_t sweep_locks(const CacheDirectory& directory);

}  // namespace slipway::fetcher
