// Unpacked archives in the cache.
//
//   v1/trees/KEY/manifest   all that is in the tree (tree_manifest.h); the time of last change is
//                           that of last use; flock: who uses the tree shares it until the mount
//                           itself says so, who evicts it has it alone
//   v1/trees/KEY/record     what is needed to use it (JSON, tree_record.h)
//   v1/trees/KEY/tree/      the tree; what is in it has the modes that it has in a sandbox
//   v1/unpacking/NAME/      the same, while it is made; flock on the manifest: its maker lives
//
// KEY/ can be searched only and its tree/ not be written, so that nobody wanders in by accident
// (rm -r, chmod -R). Ensures: a tree is complete or absent: made under unpacking/, then renamed.
// What this boot has neither made nor verified is verified before it is used. May be used by
// several threads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "fetcher/cache.h"
#include "fetcher/file_hashes.h"
#include "fetcher/tree_record.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// The source of overlay mounts whose lower directories are in trees: "slipway:KEY,KEY".
inline constexpr char kTreeSource[] = "slipway:";

struct CachedTree {
  std::string key;
  Fd lease;  // the manifest; as long as it is open the tree is not evicted
  Fd root;
  TreeRecord record;
};

struct TreeBuild {
  std::string name;
  Fd lease;      // the manifest, empty
  Fd directory;  // "tree" is to be made in it
};

struct TreeOrigin {
  std::string archive_sha256;  // of the content that was unpacked
  FileHashes& hashes;          // of its files, as far as they are known; borrowed
};

class TreeStore {
 public:
  explicit TreeStore(const Cache& cache) : cache_(cache) {}  // borrowed

  // The tree, in use, and noted as used now. Errors: there is none, somebody is just evicting it
  // (resource_unavailable_try_again), it is not as recorded, or it cannot be looked at. Nothing is
  // removed: an earlier sandbox may stand on it.
  [[nodiscard]] Result<CachedTree> look(const std::string& key) const;
  // As look(), for who would make it anew: what is wrong with it is removed, unless it is in use.
  [[nodiscard]] std::optional<CachedTree> find(const std::string& key) const;

  [[nodiscard]] Result<TreeBuild> begin() const;
  // Makes what was unpacked into "tree" the tree of that key, making room for it first. Where
  // somebody was faster it is theirs. Errors: as Cache::publish(); the build is given up.
  [[nodiscard]] Result<CachedTree> publish(TreeBuild build, const std::string& key,
                                           const TreeOrigin& origin) const;
  void abandon(TreeBuild build) const;

  // Removes a tree that is found to be damaged, unless it is in use.
  void discard(const std::string& key) const;
  // The same after `why`, which came of using it: unless that says nothing of the tree, but of who
  // used it (no room in the sandbox, no descriptors).
  void discard_after(const Error& why, const std::string& key) const;

  // True where all of it is as it was when it was made, by reading it all.
  [[nodiscard]] static Result<bool> is_sound(const CachedTree& tree,
                                             const std::function<void()>& beat);

  // As find(), but looks at nothing in it. Errors: it cannot be used at all.
  [[nodiscard]] Result<std::optional<CachedTree>> open(const std::string& key) const;

 private:
  [[nodiscard]] Result<bool> confirm(CachedTree& tree) const;
  [[nodiscard]] Result<CachedTree> finish(TreeBuild& build, const std::string& key,
                                          const TreeOrigin& origin) const;

  const Cache& cache_;
};

// Errors: there is none, or no tree.
Result<TreeRecord> read_tree_record(const CacheDirectory& directory, const std::string& key);

}  // namespace slipway::fetcher
