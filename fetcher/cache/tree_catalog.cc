#include "fetcher/cache/tree_catalog.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "fetcher/cache/tree_damage.h"
#include "fetcher/cache/tree_eviction.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// The first URI with that content.
std::string uri_of(const std::vector<CatalogItem>& items, const std::string& sha256) {
  const auto found =
      std::ranges::find(items, sha256, [](const CatalogItem& each) { return each.entry.sha256; });
  return found == items.end() ? std::string() : found->entry.uri;
}

// Nothing where it was removed meanwhile. Errors: nobody can say.
Result<std::optional<bool>> is_sound(const TreeStore& store, const std::string& key) {
  const auto tree = store.open(key);
  if (!tree && is_tree_damage(tree.error())) return std::optional(false);
  if (!tree) return tree.error();
  if (!*tree) return std::optional<bool>();
  return std::optional(TRY(TreeStore::is_sound(**tree, [] {})));
}

}  // namespace

void verify_trees(const Cache& cache, const std::vector<CatalogItem>& items, Verification& out) {
  const auto keys = cache.directory().names("trees");
  if (!keys) return;
  const TreeStore store(cache);
  for (const std::string& key : *keys) {
    const auto record = read_tree_record(cache.directory(), key);
    const auto sound = is_sound(store, key);
    if (!sound) out.unverified.push_back({key, sound.error().message()});
    if (!sound || !*sound) continue;
    ++out.trees;
    if (record) out.bytes += record->disk_bytes;
    if (**sound) continue;
    Verification::Damage damage{key, {}, false};
    if (record) damage.uris = {uri_of(items, record->archive_sha256)};
    if (record && damage.uris.front().empty()) damage.uris.clear();
    store.discard(key);
    damage.removed = !cache.directory().has_directory(in("trees", key));
    out.damaged.push_back(std::move(damage));
  }
}

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

}  // namespace slipway::fetcher
