// Removing cached trees, never one that is in use: somebody shares the lock on its manifest (from
// the decision to use it until the executor runs), or it is below an overlay mount in the mount
// namespace of some living process, whatever its user. In doubt it stays: where locks or the mount
// tables cannot be had. What cannot be seen from here: sandbox/mount_sources.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fetcher/cache/cache_directory.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

class TreeEviction {
 public:
  // `order`: the trees that may have to go, the first one first. `directory` is borrowed.
  TreeEviction(const CacheDirectory& directory, std::vector<std::string> order)
      : directory_(directory), order_(std::move(order)) {}

  // Removes the tree, whose turn it is by the order; some may be left out. The bytes of the disk
  // that were freed: 0 where it stays.
  std::uint64_t evict(const std::string& key);

 private:
  void take_batch_with(const std::string& key);
  void lock(const std::string& key);
  [[nodiscard]] std::uint64_t remove(const std::string& key) const;

  const CacheDirectory& directory_;
  std::vector<std::string> order_;
  std::size_t next_ = 0;
  // All locks of a batch are had before the mount tables are read, once for all of them: a launch
  // that has got a lease since then would be seen by nobody.
  std::map<std::string, Fd> batch_;
};

// Those of `keys` that are in use, as above.
std::set<std::string> trees_in_use(const CacheDirectory& directory,
                                   const std::vector<std::string>& keys);

// Removes what was being unpacked by who is no more.
void sweep_unpacking(const CacheDirectory& directory);

}  // namespace slipway::fetcher
