// Looking after a cache as a whole: what `slipway cache` does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_room.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct CatalogItem {
  std::string key;
  CacheEntry entry;
  bool has_content = false;
  std::int64_t last_used = 0;  // seconds since the epoch; where there is content
  bool in_use = false;
};
// Readable entries, the least recently used first.
Result<std::vector<CatalogItem>> list_cache(const Cache& cache);

// An unpacked archive.
struct CatalogTree {
  std::string key;
  std::string archive;  // the SHA-256 of what was unpacked
  std::string uri;      // redacted; of an entry with that content, empty where there is none
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;     // of the disk
  std::int64_t last_used = 0;  // seconds since the epoch
  bool in_use = false;         // by a launch, or by a task that sees it as an overlay
};
// Those with a readable record, the least recently used first.
Result<std::vector<CatalogTree>> list_trees(const Cache& cache);

// Bytes of the disk.
struct CacheTotals {
  std::uint64_t objects = 0;  // how many
  std::uint64_t entries = 0;  // how many
  std::uint64_t trees = 0;    // how many
  std::uint64_t tree_bytes = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t partial_bytes = 0;
  CacheBounds bounds;
};
Result<CacheTotals> measure_cache(const Cache& cache);

struct Verification {
  std::uint64_t objects = 0;  // that were hashed
  std::uint64_t trees = 0;    // that were compared with their manifests, file by file
  std::uint64_t bytes = 0;
  struct Damage {
    std::string object;             // or the key of a tree
    std::vector<std::string> uris;  // redacted
    bool removed = false;
  };
  std::vector<Damage> damaged;
  // Trees that could not be compared, for want of something that is not theirs.
  struct Unverified {
    std::string tree;  // its key
    std::string why;
  };
  std::vector<Unverified> unverified = {};
  std::uint64_t renewed = 0;  // entries
};
// Hashes every object, and every file of the trees. What is not what its name or its manifest says
// is removed, an object with the entries that name it; a tree stays while it is in use. Of an
// object that is right, entries that recorded another identity record the present one: so who
// relies on identities can rely on it again, after the cache was moved, say.
Result<Verification> verify_cache(const Cache& cache);

// Brings the cache below its limits, and removes what nobody can use: objects and entries without
// each other, partials that cannot be resumed, locks that nobody holds.
Result<Swept> prune_cache(const Cache& cache);

// Removes whatever is not in use or being filled.
Result<Swept> clear_cache(const Cache& cache);

}  // namespace slipway::fetcher
