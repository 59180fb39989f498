#include "fetcher/cache_inventory.h"

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

}  // namespace

std::uint64_t sum_of(const std::vector<StoredFile>& files) {
  std::uint64_t sum = 0;
  for (const StoredFile& file : files) sum += file.bytes;
  return sum;
}

std::uint64_t CacheInventory::stored_bytes() const {
  return sum_of(objects) + sum_of(entries);
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
  out.partials = TRY(list(directory, "partial", beat));
  return out;
}

Result<std::vector<StoredFile>> list_partials(const CacheDirectory& directory) {
  return list(directory, "partial", [] {});
}

}  // namespace slipway::fetcher
