#include "fetcher/cache/cache_room.h"

#include <algorithm>
#include <span>
#include <vector>

#include "fetcher/archive/extract_limits.h"
#include "fetcher/base/automatic_size.h"
#include "fetcher/cache/cache_eviction.h"
#include "fetcher/cache/cache_inventory.h"
#include "fetcher/cache/tree_eviction.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
// Of the disk, at most file systems.
constexpr std::uint64_t kEntryBytes = 4096;
constexpr std::uint64_t kOwnBytes = 2 * 4096;  // CACHEDIR.TAG and usage
// Which no size that is added makes overflow.
constexpr std::uint64_t kUnknownRoom = UINT64_MAX / 4;

// Never below nothing: the sizes are of the moment of counting, and others change files too.
std::uint64_t less(std::uint64_t from, std::uint64_t bytes) {
  return from - std::min(from, bytes);
}

Error too_large(std::uint64_t bytes, std::uint64_t most) {
  return Error(
      std::make_error_code(std::errc::file_too_large),
      cat("the content (", bytes, " bytes) is larger than what the cache can hold (", most, ")"));
}

// Whether the cache, `total` bytes large, can take `bytes` more; `freed` were given back since the
// bounds were read.
bool fits(std::uint64_t total, std::uint64_t bytes, const CacheBounds& bounds,
          std::uint64_t freed = 0) {
  return total <= bounds.contents && bytes <= bounds.contents - total &&
         bounds.available + freed >= bounds.reserve + bytes;
}

// Goes a tenth further down than it must, so that not every publication has to walk the cache; less
// where what is to come takes most of it anyway.
CacheBounds with_slack(CacheBounds bounds, std::uint64_t bytes) {
  if (bytes < bounds.contents) bounds.contents -= (bounds.contents - bytes) / 10;
  return bounds;
}

// What a sweep is to reach.
struct Goal {
  CacheRoom::Extent extent;
  std::uint64_t total;  // the cache's size before
  std::uint64_t bytes;  // what is to come
  CacheBounds bounds;
};

// How many of the candidates, from the first one, have to go where `freed` were freed already and
// all of them can.
std::size_t count_to_go(std::span<const EvictionCandidate> order, const Goal& goal,
                        std::uint64_t freed) {
  using Extent = CacheRoom::Extent;
  const auto must = [&](const EvictionCandidate& each) {
    if (goal.extent == Extent::kAll) return true;
    if (goal.extent == Extent::kWorthless && each.worthless) return true;
    return !fits(less(goal.total, freed), goal.bytes, goal.bounds, freed);
  };
  std::size_t count = 0;
  for (; count < order.size() && must(order[count]); ++count) freed += order[count].bytes;
  return count;
}

std::vector<std::string> trees_among(std::span<const EvictionCandidate> candidates) {
  std::vector<std::string> trees;
  for (const auto& each : candidates) {
    if (each.kind == EvictionCandidate::Kind::kTree) trees.push_back(each.name);
  }
  return trees;
}

void note_removed(const EvictionCandidate& candidate, std::uint64_t freed, Swept& swept) {
  ++swept.items;
  swept.bytes += freed;
  if (candidate.kind == EvictionCandidate::Kind::kPartial) return;
  swept.left_bytes = less(swept.left_bytes, freed);
}

// As far as they are not in use.
void remove(std::span<const EvictionCandidate> candidates, const CacheDirectory& directory,
            TreeEviction& trees, const std::function<void()>& beat, Swept& swept) {
  const auto names = trees_among(candidates);
  const auto gone = trees.evict(names);
  for (const auto& each : candidates) {
    if (each.kind == EvictionCandidate::Kind::kTree) {
      if (gone.contains(each.name)) note_removed(each, each.bytes, swept);
      continue;
    }
    const std::uint64_t freed = evict(directory, each);
    beat();
    if (freed > 0) note_removed(each, freed, swept);
  }
}

// Of a file system that says nothing of its room: only the cache's own limit is known.
CacheBounds without_space(CacheBounds bounds) {
  if (bounds.limit == kAutomaticSize) bounds.limit = 10 * kGiB;
  bounds.reserve = 0;
  bounds.available = kUnknownRoom;
  bounds.is_known = false;
  bounds.contents = less(bounds.limit, kOwnBytes);
  return bounds;
}

}  // namespace

Result<CacheBounds> bounds_of(const CacheDirectory& directory, const CacheLimits& limits) {
  const sys::Space space = TRY(sys::space_of(directory.fd()));
  CacheBounds bounds{limits.max_bytes, 0, limits.free_space_reserve, space.available};
  if (space.size == 0) return without_space(bounds);  // it does not say: ramfs, some FUSE
  if (bounds.limit == kAutomaticSize) bounds.limit = std::min(10 * kGiB, space.size / 10);
  if (bounds.reserve == kAutomaticSize) bounds.reserve = automatic_reserve(space.size);
  bounds.contents = less(bounds.limit, kOwnBytes);
  return bounds;
}

std::uint64_t largest_in(const CacheBounds& bounds) {
  return less(bounds.contents, kEntryBytes);
}

Result<Swept> CacheRoom::sweep(CacheUsage& usage, std::uint64_t bytes, Extent extent,
                               std::uint64_t on_disk) const {
  const auto beat = [&] {
    usage.beat();
    if (alive_) alive_();
  };
  sweep_unpacking(directory_, beat);
  CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  bounds.available += on_disk;
  const auto inventory = TRY(take_inventory(directory_, beat));
  const std::uint64_t partial = inventory.partial_bytes();
  Swept swept{0, 0, inventory.stored_bytes()};
  const std::uint64_t total = swept.left_bytes + partial;
  if (extent == Extent::kNeeded && fits(total, bytes, bounds)) {
    TRY(usage.write_counted(swept.left_bytes));
    return swept;
  }
  // What others fill cannot be had by emptying the cache: then only its own limit is kept.
  if (bounds.available + total < bounds.reserve + bytes) bounds.available = kUnknownRoom;
  const bool in_bounds = fits(total, bytes, bounds);
  const Goal goal{extent, total, bytes, in_bounds ? bounds : with_slack(bounds, bytes)};
  const auto order = eviction_order(directory_, inventory, beat);
  TreeEviction trees(directory_, beat);
  // What is in use stays: then it is others' turn.
  for (auto rest = std::span<const EvictionCandidate>(order); !rest.empty();) {
    const std::size_t count = count_to_go(rest, goal, swept.bytes);
    if (count == 0) break;
    remove(rest.first(count), directory_, trees, beat, swept);
    rest = rest.subspan(count);
  }
  TRY(usage.write_counted(swept.left_bytes));
  return swept;
}

Result<void> CacheRoom::make_room(std::uint64_t bytes) const {
  const CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  if (bytes > largest_in(bounds)) return too_large(bytes, largest_in(bounds));
  auto usage = TRY(CacheUsage::lock(directory_, alive_));
  if (!usage) return {};  // who comes next counts everything
  const auto stored = usage->read();
  if (stored && fits(*stored + sum_of(TRY(list_partials(directory_))), bytes, bounds)) return {};
  TRY(sweep(*usage, bytes, Extent::kNeeded));
  return check_free(bytes);
}

Result<void> CacheRoom::check_free(std::uint64_t bytes) const {
  const CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  if (bounds.available >= bounds.reserve + bytes) return {};
  return Error(
      std::make_error_code(std::errc::no_space_on_device),
      cat("the cache must leave ", bounds.reserve, " bytes free on its file system, where ",
          bounds.available, " are, and ", bytes, " are wanted"));
}

Result<void> CacheRoom::check_reserve() const {
  const CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  return bounds.available >= bounds.reserve ? Result<void>() : make_room(0);
}

Result<void> CacheRoom::admit(int file, const std::string& from, const std::string& object) const {
  const struct stat found = TRY(sys::stat_fd(file));
  CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size > largest_in(bounds)) return too_large(size, largest_in(bounds));
  auto usage = TRY(CacheUsage::lock(directory_, alive_));
  if (!usage) return place(from, object, usage);
  auto stored = usage->read();
  // Some file systems count the blocks of what was just written later.
  const std::uint64_t bytes = std::max(disk_bytes(found), size) + kEntryBytes;
  bounds.available += disk_bytes(found);  // it is on the disk already
  if (!stored || !fits(*stored, bytes, bounds)) {
    // The file is among the partials, and so counted already. Where too little can be removed for
    // the limit it is because it is in use or being filled: that passes.
    stored = TRY(sweep(*usage, kEntryBytes, Extent::kNeeded)).left_bytes;
    TRY(check_free(0));
  }
  TRY(usage->write(*stored + bytes));
  return place(from, object, usage);
}

// Under the lock: who walks counts every object that was added, and none that was not. Who lost
// patience with us meanwhile has thrown our count away, and others may have made one that lacks
// what comes now: then that is made anew, too.
Result<void> CacheRoom::place(const std::string& from, const std::string& to,
                              const std::optional<CacheUsage>& usage) const {
  TRY(directory_.rename(from, to));
  if (!usage || !usage->is_present(directory_)) CacheUsage::forget(directory_);
  return {};
}

Result<void> CacheRoom::admit_tree(std::uint64_t bytes, const std::string& from,
                                   const std::string& tree) const {
  CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  if (bytes > bounds.contents) return too_large(bytes, bounds.contents);
  auto usage = TRY(CacheUsage::lock(directory_, alive_));
  if (!usage) return place(from, tree, usage);
  // It is on the disk already, but not among what is counted.
  bounds.available += bytes;
  auto stored = usage->read();
  if (!stored || !fits(*stored, bytes, bounds)) {
    stored = TRY(sweep(*usage, bytes, Extent::kNeeded, bytes)).left_bytes;
    const CacheBounds now = TRY(bounds_of(directory_, limits_));
    if (bytes > less(now.contents, *stored) || now.available < now.reserve) {
      return Error(std::make_error_code(std::errc::no_space_on_device),
                   "what is in use leaves too little of what the cache may take");
    }
  }
  TRY(usage->write(*stored + bytes));
  return place(from, tree, usage);
}

}  // namespace slipway::fetcher
