#include "fetcher/cache_catalog.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "fetcher/cache_eviction.h"
#include "fetcher/cache_inventory.h"
#include "fetcher/cache_usage.h"
#include "fetcher/tree_eviction.h"
#include "fetcher/tree_store.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Readers hold a shared lock. Asking takes the other one for an instant; a reader who comes just
// then reads all the same.
bool is_in_use(const CacheDirectory& directory, const std::string& path) {
  const auto file = directory.open_file(path, O_RDONLY);
  if (!file) return false;
  const auto lock = sys::lock(file->get(), sys::Lock::kExclusive, sys::Wait::kNo);
  return lock && !*lock;
}

Result<Swept> sweep(const Cache& cache, CacheRoom::Extent extent) {
  auto usage = TRY(CacheUsage::lock(cache.directory()));
  // Its holder does not move: it was thrown away, and this one is new.
  if (!usage) usage = TRY(CacheUsage::lock(cache.directory()));
  if (!usage) return Error("somebody else is counting the cache and does not come to an end");
  const auto swept = TRY(CacheRoom(cache.directory(), cache.limits()).sweep(*usage, 0, extent));
  sweep_locks(cache.directory());
  return swept;
}

Verification::Damage remove_damaged(const Cache& cache, const std::string& object,
                                    const std::vector<CatalogItem>& items) {
  Verification::Damage damage{object, {}, false};
  for (const CatalogItem& item : items) {
    if (item.entry.sha256 != object) continue;
    damage.uris.push_back(item.entry.uri);
    (void)cache.discard(item.key, item.entry).has_value();
  }
  damage.removed = cache.directory().remove(in("objects", object)).has_value();
  return damage;
}

// The first URI with that content.
std::string uri_of(const std::vector<CatalogItem>& items, const std::string& sha256) {
  const auto found =
      std::ranges::find(items, sha256, [](const CatalogItem& each) { return each.entry.sha256; });
  return found == items.end() ? std::string() : found->entry.uri;
}

// Nothing where it was removed meanwhile.
std::optional<bool> is_sound(const TreeStore& store, const std::string& key) {
  const auto tree = store.open(key);
  if (!tree)
    return !tree.error().is(std::errc::no_such_file_or_directory) ? std::optional(false)
                                                                  : std::nullopt;
  if (!*tree) return std::nullopt;
  const auto sound = TreeStore::is_sound(**tree, [] {});
  return sound && *sound;
}

void verify_trees(const Cache& cache, const std::vector<CatalogItem>& items, Verification& out) {
  const auto keys = cache.directory().names("trees");
  if (!keys) return;
  const TreeStore store(cache);
  for (const std::string& key : *keys) {
    const auto record = read_tree_record(cache.directory(), key);
    const auto sound = is_sound(store, key);
    if (!sound) continue;
    ++out.trees;
    if (record) out.bytes += record->disk_bytes;
    if (*sound) continue;
    Verification::Damage damage{key, {}, false};
    if (record) damage.uris = {uri_of(items, record->archive_sha256)};
    if (record && damage.uris.front().empty()) damage.uris.clear();
    store.discard(key);
    damage.removed = !cache.directory().has_directory(in("trees", key));
    out.damaged.push_back(std::move(damage));
  }
}

}  // namespace

Result<std::vector<CatalogTree>> list_trees(const Cache& cache) {
  const CacheDirectory& directory = cache.directory();
  std::vector<CatalogTree> out;
  const auto keys = directory.names("trees");
  if (!keys) return out;  // a cache of an older slipway
  const auto items = TRY(list_cache(cache));
  const auto in_use = trees_in_use(directory, *keys);
  for (const std::string& key : *keys) {
    const auto record = read_tree_record(directory, key);
    const auto manifest = directory.find_file(cat("trees/", key, "/manifest"));
    if (!record || !manifest) continue;
    out.push_back({key, record->archive_sha256, uri_of(items, record->archive_sha256),
                   record->entries, record->disk_bytes, manifest->st_mtim.tv_sec,
                   in_use.contains(key)});
  }
  std::ranges::sort(out, {},
                    [](const CatalogTree& each) { return std::pair(each.last_used, each.key); });
  return out;
}

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
  return CacheTotals{inventory.objects.size(),
                     inventory.entries.size(),
                     inventory.trees.size(),
                     sum_of(inventory.trees),
                     inventory.stored_bytes(),
                     inventory.partial_bytes(),
                     TRY(bounds_of(cache.directory(), cache.limits()))};
}

Result<Verification> verify_cache(const Cache& cache) {
  const auto items = TRY(list_cache(cache));
  Verification out;
  for (const std::string& name : TRY(cache.directory().names("objects"))) {
    const auto file = cache.directory().open_file(in("objects", name), O_RDONLY);
    if (!file) continue;
    const auto same = verify_content(file->get(), name);
    ++out.objects;
    out.bytes += static_cast<std::uint64_t>(TRY(sys::stat_fd(file->get())).st_size);
    // What the disk cannot read is as good as damaged.
    if (!same || !*same) out.damaged.push_back(remove_damaged(cache, name, items));
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
