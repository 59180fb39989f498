#include "fetcher/cache/tree_store.h"

#include <sys/stat.h>
#include <time.h>

#include "fetcher/base/boot.h"
#include "fetcher/base/file_identity.h"
#include "fetcher/cache/cache_lock.h"
#include "fetcher/cache/cache_room.h"
#include "fetcher/cache/placement.h"
#include "fetcher/cache/tree_damage.h"
#include "fetcher/cache/tree_eviction.h"
#include "fetcher/cache/tree_inventory.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY;
constexpr mode_t kClosed = 0100;  // entered by name only
constexpr mode_t kRootMode = 0500;

std::string path_in(const std::string& directory, const std::string& key, std::string_view name) {
  return cat(directory, '/', key, '/', name);
}

// An evictor holds the lock for a moment, also of trees that it leaves.
Result<bool> share(int file) {
  constexpr int kTries = 100;
  constexpr timespec kPause{0, 10'000'000};
  for (int i = 0; i < kTries; ++i) {
    if (TRY(sys::lock(file, sys::Lock::kShared))) return true;
    ::nanosleep(&kPause, nullptr);
  }
  return false;
}

Error changed() {
  return tree_damage("it was changed in the cache");
}

// Of the root, and of each directory in it.
Result<void> expect_as_recorded(const CachedTree& tree) {
  if (identity_of(TRY(sys::stat_fd(tree.root.get()))) != tree.record.root_identity) {
    return changed();
  }
  for (const TopDirectory& each : tree.record.directories) {
    const auto found = TRY(sys::find_at(tree.root.get(), each.name));
    if (!found || identity_of(*found) != each.identity) return changed();
  }
  return {};
}

// The whole of it is read, once: what is returned is what was compared.
Result<TreeRecord> inspect_unchanged(const CachedTree& tree, const std::function<void()>& beat) {
  if (!TRY(verify_content(tree.lease.get(), tree.record.manifest_sha256))) return changed();
  auto now = inspect_tree(tree.root.get(), beat);
  if (!now) return judged(std::move(now).error());
  if (now->manifest_sha256 != tree.record.manifest_sha256) return changed();
  return now;
}

Result<void> write_record(int directory, const TreeRecord& record) {
  const std::string temporary = new_name_of_tree("record");
  Fd file = TRY(sys::open_at(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(sys::write_all(file.get(), to_json(record)));
  TRY(file.close());
  return sys::rename(directory, temporary, directory, "record");
}

// Written where only searching is allowed.
Result<void> replace_record(int parent, const std::string& key, const TreeRecord& record) {
  const Fd held = TRY(sys::open_beneath(parent, key, O_PATH | O_DIRECTORY));
  TRY(sys::change_mode_of_path(held.get(), 0700));
  auto written = write_record(held.get(), record);
  TRY(sys::change_mode_of_path(held.get(), kClosed));
  return written;
}

}  // namespace

Result<TreeRecord> read_tree_record(const CacheDirectory& directory, const std::string& key) {
  return parse_tree_record(
      TRY(directory.read_file(path_in("trees", key, "record"), kTreeRecordMaxBytes)));
}

std::optional<CachedTree> TreeStore::find(const std::string& key) const {
  auto found = look(key);
  if (!found) {
    // Of no use to anybody: it would only be in the way of a new one.
    discard_if_damaged(key, found.error());
    return std::nullopt;
  }
  return *std::move(found);
}

Result<std::optional<CachedTree>> TreeStore::look(const std::string& key) const {
  auto opened = TRY(open(key));
  if (!opened) return opened;
  TRY(confirm(*opened));
  show_life(opened->lease.get());
  return opened;
}

void TreeStore::discard(const std::string& key) const {
  (void)TreeEviction(cache_.directory()).evict(std::span(&key, 1));
}

void TreeStore::discard_if_damaged(const std::string& key, const Error& why) const {
  if (is_tree_damage(why)) discard(key);
}

Result<std::optional<CachedTree>> TreeStore::open(const std::string& key) const {
  auto opened = open_unjudged(key);
  if (opened) return opened;
  const bool none = opened.error().is(std::errc::no_such_file_or_directory) &&
                    !cache_.directory().has_directory(in("trees", key));
  if (none) return std::optional<CachedTree>();
  return judged(std::move(opened).error());
}

Result<std::optional<CachedTree>> TreeStore::open_unjudged(const std::string& key) const {
  const CacheDirectory& directory = cache_.directory();
  const std::string manifest = path_in("trees", key, "manifest");
  CachedTree tree;
  tree.key = key;
  tree.lease = TRY(directory.open_file(manifest, O_RDONLY));
  // Where the file system has no locks nobody evicts trees (TreeEviction).
  if (!TRY(share(tree.lease.get()))) return std::optional<CachedTree>();
  if (!TRY(directory.names_file(manifest, tree.lease.get()))) return std::optional<CachedTree>();
  tree.record = TRY(read_tree_record(directory, key));
  tree.root =
      TRY(sys::open_beneath(directory.fd(), path_in("trees", key, "tree"), kDirectoryFlags));
  return std::optional(std::move(tree));
}

// Nothing of a tree is synced when it is made: what a power cut has torn shows here. Afterwards it
// is known by what the kernel notes of its directories, which nothing changes by accident.
Result<void> TreeStore::confirm(CachedTree& tree) const {
  const std::string boot = TRY(boot_id());
  if (tree.record.boot == boot) return expect_as_recorded(tree);
  TreeRecord record = TRY(inspect_unchanged(tree, [] {}));
  record.archive_sha256 = tree.record.archive_sha256;
  record.disk_bytes = tree.record.disk_bytes;
  record.boot = boot;
  tree.record = std::move(record);
  const Fd trees = TRY(sys::open_beneath(cache_.directory().fd(), "trees", kDirectoryFlags));
  // That it is sound holds whether or not it can be noted.
  (void)replace_record(trees.get(), tree.key, tree.record).has_value();
  return {};
}

Result<bool> TreeStore::is_sound(const CachedTree& tree, const std::function<void()>& beat) {
  const auto now = inspect_unchanged(tree, beat);
  if (now) return true;
  if (is_tree_damage(now.error())) return false;
  return now.error();
}

ExtractLimits TreeStore::limits_of_build(ExtractLimits limits) const {
  const auto bounds = bounds_of(cache_.directory(), cache_.limits());
  if (!bounds) return limits;
  limits.cache_bytes = bounds->contents;
  limits.free_space_reserve = bounds->reserve;
  return limits;
}

Result<TreeBuild> TreeStore::begin(const std::function<void()>& beat) const {
  // What is left of launches that were killed is counted by nobody.
  sweep_unpacking(cache_.directory(), beat);
  constexpr int kTries = 8;
  for (int i = 1;; ++i) {
    auto build = begin_unswept();
    // Others who sweep may have taken it for what a dead one has left, before it was locked.
    const bool swept = !build && (build.error().is(std::errc::no_such_file_or_directory) ||
                                  build.error().is(std::errc::resource_unavailable_try_again));
    if (!swept || i == kTries) return build;
  }
}

Result<TreeBuild> TreeStore::begin_unswept() const {
  const int version = cache_.directory().fd();
  TreeBuild build{new_name_of_tree("new"), {}, {}};
  const std::string path = in("unpacking", build.name);
  TRY(sys::make_directory(version, path, 0700));
  build.lease =
      TRY(cache_.directory().open_file(cat(path, "/manifest"), O_RDWR | O_CREAT | O_EXCL));
  if (!TRY(sys::lock(build.lease.get(), sys::Lock::kShared))) {
    return Error(std::make_error_code(std::errc::resource_unavailable_try_again),
                 "somebody removes what was begun just now");
  }
  build.directory = TRY(sys::open_beneath(version, path, kDirectoryFlags));
  return build;
}

Result<CachedTree> TreeStore::publish(TreeBuild build, const std::string& key,
                                      const TreeOrigin& origin) const {
  auto finished = finish(build, key, origin);
  if (finished) return finished;
  abandon(std::move(build));
  if (auto theirs = find(key)) return *std::move(theirs);
  return finished;
}

Result<CachedTree> TreeStore::finish(TreeBuild& build, const std::string& key,
                                     const TreeOrigin& origin) const {
  const CacheDirectory& directory = cache_.directory();
  CachedTree tree;
  tree.key = key;
  tree.lease = TRY(sys::duplicate(build.lease.get()));
  tree.root = TRY(sys::open_beneath(build.directory.get(), "tree", kDirectoryFlags));
  TRY(sys::change_mode(tree.root.get(), kRootMode));
  TRY(sys::change_mode(build.lease.get(), 0400));
  origin.hashes.settle();
  tree.record =
      TRY(take_tree_inventory(tree.root.get(), build.lease.get(), &origin.hashes, origin.beat));
  tree.record.archive_sha256 = origin.archive_sha256;
  tree.record.boot = TRY(boot_id());
  TRY(write_record(build.directory.get(), tree.record));
  origin.beat();
  TRY(make_place(key));
  TRY(CacheRoom(directory, cache_.limits(), origin.beat)
          .admit_tree(tree.record.disk_bytes, in("unpacking", build.name), in("trees", key)));
  TRY(sys::change_mode(build.directory.get(), kClosed));
  return tree;
}

// Error: std::errc::file_exists where one of that key is there already that can be used. One that
// is damaged but in use goes on under another name, with its mounts and its lock, by which eviction
// knows it: in its place it would keep every launch from having a tree until the last task ends.
Result<void> TreeStore::make_place(const std::string& key) const {
  const CacheDirectory& directory = cache_.directory();
  const std::string place = in("trees", key);
  if (!directory.has_directory(place)) return {};
  const auto there = look(key);
  if (there && *there) {
    return Error(std::make_error_code(std::errc::file_exists), cat("the tree ", key));
  }
  // Otherwise the renaming fails, or somebody has evicted it until then.
  if (there || !is_tree_damage(there.error())) return {};
  discard(key);
  if (!directory.has_directory(place)) return {};
  auto moved = directory.rename(place, in("trees", new_name_of_tree(key)));
  return directory.has_directory(place) ? std::move(moved) : Result<void>();
}

void TreeStore::abandon(TreeBuild build) const {
  // Best effort: whoever sweeps the cache next removes what is left.
  const auto unpacking = sys::open_beneath(cache_.directory().fd(), "unpacking", kDirectoryFlags);
  if (unpacking) (void)remove_tree(unpacking->get(), build.name).has_value();
}

}  // namespace slipway::fetcher
