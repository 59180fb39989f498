// Unpacked archives in the cache.
//
//   v1/trees/KEY/manifest   all that is in the tree (tree_manifest.h); the time of last change is
//                           that of last use; flock: who uses the tree shares it until the mount
//                           itself says so, who evicts it has it alone
//   v1/trees/KEY/record     what is needed to use it (JSON, tree_record.h)
//   v1/trees/KEY/tree/      the tree; what is in it has the modes that it has in a sandbox
//   v1/trees/KEY.NAME/      the same, found to be damaged while it was in use, and replaced
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

#include "fetcher/archive/extract_limits.h"
#include "fetcher/base/file_hashes.h"
#include "fetcher/cache/cache.h"
#include "fetcher/cache/tree_record.h"
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
  std::string archive_sha256;          // of the content that was unpacked
  FileHashes& hashes;                  // of its files, as far as they are known; borrowed
  std::function<void()> beat = [] {};  // called now and then
};

class TreeStore {
 public:
  explicit TreeStore(const Cache& cache) : cache_(cache) {}  // borrowed

  // The tree, in use, and noted as used now. Nothing where there is none, or where somebody is just
  // evicting it. Errors: is_tree_damage() where it is not as recorded; all others say nothing about
  // it. Nothing is removed: an earlier sandbox may stand on it.
  [[nodiscard]] Result<std::optional<CachedTree>> look(const std::string& key) const;
  // As look(), for who would make it anew: nothing also where that cannot be said, or where it is
  // not as recorded; then it is removed, unless it is in use.
  [[nodiscard]] std::optional<CachedTree> find(const std::string& key) const;

  [[nodiscard]] Result<TreeBuild> begin(const std::function<void()>& beat = [] {}) const;
  // What unpacking into a build may cost: no more than the cache may take of the disk.
  [[nodiscard]] ExtractLimits limits_of_build(ExtractLimits limits) const;
  // Makes what was unpacked into "tree" the tree of that key, making room for it first. Where
  // somebody was faster it is theirs; a damaged one that is in use is set aside. Errors: as
  // Cache::publish(); the build is given up.
  [[nodiscard]] Result<CachedTree> publish(TreeBuild build, const std::string& key,
                                           const TreeOrigin& origin) const;
  void abandon(TreeBuild build) const;

  // Removes a tree that is found to be damaged, unless it is in use.
  void discard(const std::string& key) const;
  // The same where `why`, the error of using it, says that it is (is_tree_damage()).
  void discard_if_damaged(const std::string& key, const Error& why) const;

  // True where all of it is as it was when it was made, by reading it all.
  [[nodiscard]] static Result<bool> is_sound(const CachedTree& tree,
                                             const std::function<void()>& beat);

  // As look(), but compares nothing that is in it, and is no use of it.
  [[nodiscard]] Result<std::optional<CachedTree>> open(const std::string& key) const;

 private:
  [[nodiscard]] Result<std::optional<CachedTree>> open_unjudged(const std::string& key) const;
  [[nodiscard]] Result<void> confirm(CachedTree& tree) const;
  [[nodiscard]] Result<TreeBuild> begin_unswept() const;
  [[nodiscard]] Result<void> make_place(const std::string& key) const;
  [[nodiscard]] Result<CachedTree> finish(TreeBuild& build, const std::string& key,
                                          const TreeOrigin& origin) const;

  const Cache& cache_;
};

// Errors: there is none, or no tree.
Result<TreeRecord> read_tree_record(const CacheDirectory& directory, const std::string& key);

}  // namespace slipway::fetcher
