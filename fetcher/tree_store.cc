#include "fetcher/tree_store.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "fetcher/boot.h"
#include "fetcher/cache_lock.h"
#include "fetcher/cache_room.h"
#include "fetcher/file_identity.h"
#include "fetcher/placement.h"
#include "fetcher/tree_eviction.h"
#include "fetcher/tree_inventory.h"
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

// Of processes and threads that make trees at the same time.
std::string new_name() {
  static std::atomic<unsigned> number = 0;
  return cat(::getpid(), '.', since_boot().count(), '.', ++number);
}

// An evictor holds the lock for a moment, also of trees that it leaves.
Result<bool> share(int file) {
  constexpr int kTries = 100;
  constexpr timespec kPause{0, 10'000'000};
  for (int i = 0; i < kTries; ++i) {
    if (TRY(sys::lock(file, sys::Lock::kShared, sys::Wait::kNo))) return true;
    ::nanosleep(&kPause, nullptr);
  }
  return false;
}

// What says nothing of the tree: later it may be another thing.
Error busy(const std::string& why) {
  return {std::make_error_code(std::errc::resource_unavailable_try_again), why};
}

// What this process, its sandbox or this host lacks, and not the tree.
bool is_of_user(const Error& error) {
  constexpr std::errc kAll[] = {std::errc::resource_unavailable_try_again,
                                std::errc::too_many_files_open,
                                std::errc::too_many_files_open_in_system,
                                std::errc::not_enough_memory,
                                std::errc::no_space_on_device,
                                std::errc::read_only_file_system,
                                std::errc::interrupted};
  return error.number() == EDQUOT ||
         std::ranges::any_of(kAll, [&](std::errc each) { return error.is(each); });
}

// Of the root, and of each directory in it.
Result<bool> is_as_recorded(const CachedTree& tree) {
  if (identity_of(TRY(sys::stat_fd(tree.root.get()))) != tree.record.root_identity) return false;
  for (const TopDirectory& each : tree.record.directories) {
    const auto found = TRY(sys::find_at(tree.root.get(), each.name));
    if (!found || identity_of(*found) != each.identity) return false;
  }
  return true;
}

Result<void> write_record(int directory, const TreeRecord& record) {
  const std::string temporary = cat("record.", new_name());
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

Result<CachedTree> TreeStore::look(const std::string& key) const {
  auto tree = TRY(open(key));
  if (!tree) return busy("somebody is just removing it");
  if (!TRY(confirm(*tree))) return Error("it is not as it was when it was made");
  show_life(tree->lease.get());
  return *std::move(tree);
}

std::optional<CachedTree> TreeStore::find(const std::string& key) const {
  auto tree = look(key);
  if (tree) return *std::move(tree);
  if (tree.error().is(std::errc::no_such_file_or_directory) &&
      !cache_.directory().has_directory(in("trees", key))) {
    return std::nullopt;
  }
  // Of no use to anybody: it would only be in the way of a new one.
  discard_after(tree.error(), key);
  return std::nullopt;
}

void TreeStore::discard_after(const Error& why, const std::string& key) const {
  if (!is_of_user(why)) discard(key);
}

void TreeStore::discard(const std::string& key) const {
  (void)TreeEviction(cache_.directory(), {key}).evict(key);
}

Result<std::optional<CachedTree>> TreeStore::open(const std::string& key) const {
  const CacheDirectory& directory = cache_.directory();
  const std::string manifest = path_in("trees", key, "manifest");
  CachedTree tree;
  tree.key = key;
  tree.lease = TRY(directory.open_file(manifest, O_RDONLY));
  // Where the file system has no locks nobody evicts trees (evict_trees).
  if (!TRY(share(tree.lease.get()))) return std::optional<CachedTree>();
  if (!TRY(directory.names_file(manifest, tree.lease.get()))) return std::optional<CachedTree>();
  tree.record = TRY(read_tree_record(directory, key));
  tree.root =
      TRY(sys::open_beneath(directory.fd(), path_in("trees", key, "tree"), kDirectoryFlags));
  return std::optional(std::move(tree));
}

// Nothing of a tree is synced when it is made: what a power cut has torn shows here. Afterwards it
// is known by what the kernel notes of its directories, which nothing changes by accident.
Result<bool> TreeStore::confirm(CachedTree& tree) const {
  const auto boot = boot_id();
  if (!boot) return busy(boot.error().message());
  if (tree.record.boot == *boot) return is_as_recorded(tree);
  if (!TRY(is_sound(tree, [] {}))) return false;
  TreeRecord record = TRY(inspect_tree(tree.root.get(), [] {}));
  record.archive_sha256 = tree.record.archive_sha256;
  record.disk_bytes = tree.record.disk_bytes;
  record.boot = *boot;
  tree.record = std::move(record);
  const Fd trees = TRY(sys::open_beneath(cache_.directory().fd(), "trees", kDirectoryFlags));
  // That it is sound holds whether or not it can be noted.
  (void)replace_record(trees.get(), tree.key, tree.record).has_value();
  return true;
}

Result<bool> TreeStore::is_sound(const CachedTree& tree, const std::function<void()>& beat) {
  if (!TRY(verify_content(tree.lease.get(), tree.record.manifest_sha256))) return false;
  const auto now = inspect_tree(tree.root.get(), beat);
  // What cannot be read is as good as damaged.
  return now && now->manifest_sha256 == tree.record.manifest_sha256;
}

Result<TreeBuild> TreeStore::begin() const {
  const int version = cache_.directory().fd();
  // What is left of launches that were killed is counted by nobody.
  sweep_unpacking(cache_.directory());
  TreeBuild build{new_name(), {}, {}};
  const std::string path = in("unpacking", build.name);
  TRY(sys::make_directory(version, path, 0700));
  build.lease =
      TRY(cache_.directory().open_file(cat(path, "/manifest"), O_RDWR | O_CREAT | O_EXCL));
  if (!TRY(sys::lock(build.lease.get(), sys::Lock::kShared, sys::Wait::kNo))) {
    return Error("somebody removes what was begun just now");
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
  tree.record = TRY(take_tree_inventory(tree.root.get(), build.lease.get(), &origin.hashes, [] {}));
  tree.record.archive_sha256 = origin.archive_sha256;
  tree.record.boot = TRY(boot_id());
  TRY(write_record(build.directory.get(), tree.record));
  TRY(CacheRoom(directory, cache_.limits())
          .admit_tree(tree.record.disk_bytes, in("unpacking", build.name), in("trees", key)));
  TRY(sys::change_mode(build.directory.get(), kClosed));
  return tree;
}

void TreeStore::abandon(TreeBuild build) const {
  // Best effort: whoever sweeps the cache next removes what is left.
  const auto unpacking = sys::open_beneath(cache_.directory().fd(), "unpacking", kDirectoryFlags);
  if (unpacking) (void)remove_tree(unpacking->get(), build.name).has_value();
}

}  // namespace slipway::fetcher
