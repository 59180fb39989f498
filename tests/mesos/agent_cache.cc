#include "tests/mesos/agent_cache.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/mesos/agent_uri.h"

namespace slipway::tests {

namespace fs = std::filesystem;

namespace {

std::string key_of(const std::string& user, const std::string& uri) {
  return user.empty() ? uri : cat(user, '@', uri);
}

// So that the suffix survives.
std::string shortened(const std::string& name) {
  constexpr std::size_t kLongest = 20;
  if (name.size() <= kLongest) return name;
  return cat(name.substr(0, kLongest / 2), '_', name.substr(name.size() - kLongest / 2));
}

}  // namespace

std::string FetcherCache::directory(const std::string& user) const {
  return user.empty() ? root_ : cat(root_, '/', user);
}

CacheEntryPtr FetcherCache::get(const std::string& user, const std::string& uri) {
  const std::string key = key_of(user, uri);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const CacheEntryPtr& each) { return each->key == key; });
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.end(), entries_, found);
  return entries_.back();
}

CacheEntryPtr FetcherCache::create(const std::string& user, const std::string& uri) {
  auto entry = std::make_shared<CacheEntry>();
  entry->key = key_of(user, uri);
  entry->directory = directory(user);
  entry->filename = cat('c', ++serial_, '-', shortened(basename_of(uri)));
  entries_.push_back(entry);
  return entry;
}

bool FetcherCache::reserve(CacheEntry& entry, std::uint64_t size) {
  std::vector<CacheEntryPtr> victims;
  std::uint64_t room = space_ - used_;
  for (const CacheEntryPtr& each : entries_) {
    if (room >= size) break;
    if (each->references > 0) continue;
    victims.push_back(each);
    room += each->size;
  }
  if (room < size) return false;
  for (const CacheEntryPtr& victim : victims) remove(*victim);
  entry.size = size;
  used_ += size;
  return true;
}

void FetcherCache::adjust(CacheEntry& entry) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(entry.path(), error);
  if (error || size > entry.size) {
    remove(entry);
    return;
  }
  used_ -= entry.size - size;
  entry.size = size;
}

void FetcherCache::remove(const CacheEntry& entry) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const CacheEntryPtr& each) { return each.get() == &entry; });
  if (found == entries_.end()) return;
  const CacheEntryPtr kept = *found;
  entries_.erase(found);
  used_ -= kept->size;
  std::error_code ignored;
  fs::remove(kept->path(), ignored);
}

}  // namespace slipway::tests
