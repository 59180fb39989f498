// Removing cached trees, never one that is in use: somebody shares the lock on its manifest (from
// the decision to use it until the executor runs), or it is below an overlay mount in the mount
// namespace of some living process, whatever its user. In doubt it stays: where locks or the mount
// tables cannot be had. What cannot be seen from here: sandbox/mount_sources.h.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fetcher/cache/cache_directory.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

class TreeEviction {
 public:
  // `directory` is borrowed. `beat` is called now and then.
  explicit TreeEviction(
      const CacheDirectory& directory, std::function<void()> beat = [] {})
      : directory_(directory), beat_(std::move(beat)) {}

  // Removes the trees of these names, as far as nobody uses them; returns those that are gone.
  // Locks are held until all of a batch have been renamed, not while they are deleted: nobody waits
  // for that.
  std::set<std::string> evict(std::span<const std::string> names);

 private:
  using Locks = std::map<std::string, Fd>;  // by name

  void evict_batch(std::span<const std::string> names, std::set<std::string>& gone);
  [[nodiscard]] Locks lock(std::span<const std::string> names) const;
  [[nodiscard]] bool look_for_mounts();
  [[nodiscard]] bool may_go(const std::string& name) const;

  const CacheDirectory& directory_;
  std::function<void()> beat_;
  std::set<std::string> mounted_;  // the keys that were seen in some mount table
  bool blind_ = false;             // the mount tables cannot be had
};

// Those of `names` that are in use, as above.
std::set<std::string> trees_in_use(const CacheDirectory& directory,
                                   const std::vector<std::string>& names);

// Removes what was being unpacked by who is no more. `beat` is called now and then.
void sweep_unpacking(
    const CacheDirectory& directory, const std::function<void()>& beat = [] {});

}  // namespace slipway::fetcher
