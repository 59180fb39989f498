#include "fetcher/cache/cache_catalog.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>

#include "fetcher/base/boot.h"
#include "fetcher/base/file_identity.h"
#include "fetcher/cache/cache_eviction.h"
#include "fetcher/cache/cache_inventory.h"
#include "fetcher/cache/cache_usage.h"
#include "fetcher/cache/prefetch_area.h"
#include "fetcher/cache/tree_catalog.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// Readers hold a shared lock. Asking takes the other one for an instant; a reader who comes just
// then reads all the same.
bool is_in_use(const CacheDirectory& directory, const std::string& path) {
  const auto file = directory.open_file(path, O_RDONLY);
  if (!file) return false;
  const auto lock = sys::lock(file->get(), sys::Lock::kExclusive);
  return lock && !*lock;
}

Result<Swept> sweep(const Cache& cache, CacheRoom::Extent extent) {
  auto usage = TRY(CacheUsage::lock(cache.directory()));
  // Its holder does not move: it was thrown away, and this one is new.
  if (!usage) usage = TRY(CacheUsage::lock(cache.directory()));
  if (!usage) return Error("somebody else is counting the cache and does not come to an end");
  auto swept = TRY(CacheRoom(cache.directory(), cache.limits()).sweep(*usage, 0, extent));
  sweep_locks(cache.directory());
  constexpr std::chrono::seconds kMoment(60);
  const auto root = sys::open_at(cache.directory().fd(), "..", O_RDONLY | O_DIRECTORY);
  if (root) swept.items += sweep_prefetch_areas(root->get(), kMoment);
  return swept;
}

// Hashes what is on the disk, where the kernel lets go of what it holds in memory.
Result<bool> is_right_on_disk(int file, const std::string& sha256) {
  TRY(sys::write_back(file));
  (void)::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  return verify_content(file, sha256);
}

// Nothing where somebody has replaced `file`, the damaged one, meanwhile.
std::optional<Verification::Damage> remove_damaged(const Cache& cache, const std::string& object,
                                                   int file,
                                                   const std::vector<CatalogItem>& items) {
  // Who publishes holds it too.
  const auto usage = CacheUsage::lock(cache.directory());
  const auto there = cache.directory().names_file(in("objects", object), file);
  if (there && !*there) return std::nullopt;
  Verification::Damage damage{object, {}, false};
  for (const CatalogItem& item : items) {
    if (item.entry.sha256 != object) continue;
    damage.uris.push_back(item.entry.uri);
    (void)cache.discard(item.key, item.entry).has_value();
  }
  damage.removed = cache.directory().remove(in("objects", object)).has_value();
  return damage;
}

// How many entries knew another identity of the object, or knew it from another boot.
std::uint64_t renew_identity(const Cache& cache, const std::string& object,
                             const std::string& identity, const std::vector<CatalogItem>& items) {
  std::uint64_t renewed = 0;
  for (const CatalogItem& item : items) {
    if (item.entry.sha256 != object) continue;
    if (item.entry.identity == identity && item.entry.boot == boot_word()) continue;
    const auto noted = cache.note_identity(item.key, item.entry, identity);
    if (noted && *noted && !item.entry.identity.empty()) ++renewed;
  }
  return renewed;
}

}  // namespace

Result<std::vector<CatalogItem>> list_cache(const Cache& cache) {
  const CacheDirectory& directory = cache.directory();
  std::vector<CatalogItem> out;
  for (std::string& key : TRY(directory.names("uris"))) {
    auto entry = cache.find(key);
    if (!entry) continue;
    CatalogItem item{std::move(key), *std::move(entry), false, 0, false};
    const std::string path = in("objects", item.entry.sha256);
    if (directory.find_file(path)) {
      const auto marked = directory.find_file(in("uris", item.key));
      item.has_content = true;
      item.last_used = marked ? marked->st_mtim.tv_sec : 0;
      item.in_use = is_in_use(directory, path);
    }
    out.push_back(std::move(item));
  }
  std::sort(out.begin(), out.end(), [](const CatalogItem& a, const CatalogItem& b) {
    return a.last_used != b.last_used ? a.last_used < b.last_used : a.key < b.key;
  });
  return out;
}

Result<CacheTotals> measure_cache(const Cache& cache) {
  const auto inventory = TRY(take_inventory(cache.directory(), [] {}));
  const auto bounds = TRY(bounds_of(cache.directory(), cache.limits()));
  return CacheTotals{inventory.objects.size(),
                     inventory.entries.size(),
                     inventory.trees.size(),
                     sum_of(inventory.trees),
                     inventory.stored_bytes(),
                     inventory.partial_bytes(),
                     bounds};
}

Result<Verification> verify_cache(const Cache& cache) {
  const auto items = TRY(list_cache(cache));
  Verification out;
  for (const std::string& name : TRY(cache.directory().names("objects"))) {
    const auto file = cache.directory().open_file(in("objects", name), O_RDONLY);
    if (!file) continue;
    const struct stat found = TRY(sys::stat_fd(file->get()));
    const auto same = is_right_on_disk(file->get(), name);
    ++out.objects;
    out.bytes += static_cast<std::uint64_t>(found.st_size);
    const std::string identity = identity_of(found);
    if (!same || !*same) {
      // What the disk cannot read is as good as damaged.
      auto damage = remove_damaged(cache, name, file->get(), items);
      if (damage) out.damaged.push_back(*std::move(damage));
    } else if (identity_unchanged(file->get(), identity)) {
      out.renewed += renew_identity(cache, name, identity, items);
    }
  }
  verify_trees(cache, items, out);
  return out;
}

Result<Swept> prune_cache(const Cache& cache) {
  return sweep(cache, CacheRoom::Extent::kWorthless);
}

Result<Swept> clear_cache(const Cache& cache) {
  return sweep(cache, CacheRoom::Extent::kAll);
}

}  // namespace slipway::fetcher
