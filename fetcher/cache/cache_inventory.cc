#include "fetcher/cache/cache_inventory.h"

#include "fetcher/cache/tree_store.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBeatEvery = 256;  // files

Result<std::vector<StoredFile>> list(const CacheDirectory& directory, const char* name,
                                     const std::function<void()>& beat) {
  std::vector<StoredFile> out;
  std::size_t seen = 0;
  for (std::string& file : TRY(directory.names(name))) {
    if (++seen % kBeatEvery == 0) beat();
    const auto found = directory.find_file(in(name, file));
    if (found) out.push_back({std::move(file), disk_bytes(*found), found->st_mtim});
  }
  return out;
}

// A cache of an older slipway has none.
std::vector<StoredFile> stored_trees(const CacheDirectory& directory,
                                     const std::function<void()>& beat) {
  std::vector<StoredFile> out;
  auto keys = directory.names("trees");
  if (!keys) return out;
  for (std::string& key : *keys) {
    beat();
    const auto record = read_tree_record(directory, key);
    const auto manifest = directory.find_file(cat("trees/", key, "/manifest"));
    out.push_back({std::move(key), record && manifest ? record->disk_bytes : 0,
                   manifest ? manifest->st_mtim : timespec{}});
  }
  return out;
}

}  // namespace

std::uint64_t sum_of(const std::vector<StoredFile>& files) {
  std::uint64_t sum = 0;
  for (const StoredFile& file : files) sum += file.bytes;
  return sum;
}

std::uint64_t CacheInventory::stored_bytes() const {
  return sum_of(objects) + sum_of(entries) + sum_of(trees);
}

std::uint64_t CacheInventory::partial_bytes() const {
  return sum_of(partials);
}

Result<CacheInventory> take_inventory(const CacheDirectory& directory,
                                      const std::function<void()>& beat) {
  CacheInventory out;
  // Objects before entries: an entry that is listed then has its object listed too.
  out.objects = TRY(list(directory, "objects", beat));
  out.entries = TRY(list(directory, "uris", beat));
  out.trees = stored_trees(directory, beat);
  out.partials = TRY(list(directory, "partial", beat));
  return out;
}

Result<std::vector<StoredFile>> list_partials(const CacheDirectory& directory) {
  return list(directory, "partial", [] {});
}

}  // namespace slipway::fetcher
