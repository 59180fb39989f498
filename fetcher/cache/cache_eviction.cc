#include "fetcher/cache/cache_eviction.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/cache_lock.h"
#include "fetcher/cache/partial_left.h"
#include "fetcher/cache/tree_record.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

using Kind = EvictionCandidate::Kind;

constexpr time_t kPartialLife = 7 * 24 * 60 * 60;  // seconds
constexpr std::size_t kBeatEvery = 256;            // entries that are read

// The object that an entry names; empty where it cannot be read.
std::string object_named_by(const CacheDirectory& directory, const std::string& key) {
  const auto text = directory.read_file(in("uris", key), kCacheEntryMaxBytes);
  if (!text) return {};
  const auto entry = parse_cache_entry(*text);
  return entry ? entry->sha256 : std::string();
}

bool is_earlier(const timespec& one, const timespec& other) {
  return std::tuple(one.tv_sec, one.tv_nsec) < std::tuple(other.tv_sec, other.tv_nsec);
}

// An object was used last when the last of the entries that name it was.
void add_objects_and_entries(const CacheDirectory& directory, const CacheInventory& inventory,
                             const std::function<void()>& beat,
                             std::vector<EvictionCandidate>& out) {
  std::unordered_map<std::string_view, EvictionCandidate> objects;
  for (const StoredFile& object : inventory.objects) {
    objects[object.name] = {Kind::kObject, object.name, {}, object.bytes, object.changed, false};
  }
  std::size_t seen = 0;
  for (const StoredFile& entry : inventory.entries) {
    if (seen++ % kBeatEvery == 0) beat();
    const auto found = objects.find(object_named_by(directory, entry.name));
    if (found == objects.end()) {
      out.push_back({Kind::kEntry, entry.name, {}, entry.bytes, entry.changed, true});
      continue;
    }
    found->second.keys.push_back(entry.name);
    found->second.bytes += entry.bytes;
    if (is_earlier(found->second.used, entry.changed)) found->second.used = entry.changed;
  }
  for (auto& [name, candidate] : objects) {
    candidate.worthless = candidate.keys.empty();
    out.push_back(std::move(candidate));
  }
}

bool can_be_resumed(const CacheDirectory& directory, const std::string& key) {
  const auto found = directory.find_file(in("partial", key));
  return found && partial_left(directory, key, static_cast<std::uint64_t>(found->st_size));
}

// KEY, KEY.body and KEY.entry go together.
void add_partials(const CacheDirectory& directory, const CacheInventory& inventory,
                  const std::function<void()>& beat, std::vector<EvictionCandidate>& out) {
  std::unordered_map<std::string, EvictionCandidate> found;
  for (const StoredFile& file : inventory.partials) {
    const std::string key = file.name.substr(0, file.name.find('.'));
    EvictionCandidate& candidate = found[key];
    candidate.kind = Kind::kPartial;
    candidate.name = key;
    candidate.bytes += file.bytes;
    if (file.name == key) candidate.used = file.changed;
  }
  const time_t now = ::time(nullptr);
  for (auto& [key, candidate] : found) {
    beat();
    candidate.worthless =
        now - candidate.used.tv_sec > kPartialLife || !can_be_resumed(directory, key);
    out.push_back(std::move(candidate));
  }
}

// The entry may be another one by now; and who holds the lock is about to replace it.
std::uint64_t remove_entry(const CacheDirectory& directory, const std::string& key,
                           const std::string& object) {
  const auto lock = try_lock(directory, in("locks", key));
  if (!lock || !*lock || object_named_by(directory, key) != object) return 0;
  const auto found = directory.find_file(in("uris", key));
  const bool removed = found && directory.remove(in("uris", key)).has_value();
  (void)directory.remove(in("locks", key)).has_value();
  return removed ? disk_bytes(*found) : 0;
}

std::uint64_t evict_entry(const CacheDirectory& directory, const std::string& key) {
  const std::string object = object_named_by(directory, key);
  if (!object.empty() && directory.find_file(in("objects", object))) return 0;
  return remove_entry(directory, key, object);
}

std::uint64_t evict_object(const CacheDirectory& directory, const EvictionCandidate& candidate) {
  const std::string path = in("objects", candidate.name);
  const auto file = directory.open_file(path, O_RDONLY);
  if (!file) return 0;
  // Readers hold a shared lock. Where the file system has none, what they have open stays readable.
  const auto lock = sys::lock(file->get(), sys::Lock::kExclusive);
  if (lock && !*lock) return 0;
  const auto same = directory.names_file(path, file->get());
  if (!same || !*same) return 0;
  const auto found = sys::stat_fd(file->get());
  std::uint64_t freed = 0;
  // Entries first: one without its object is a miss, but it takes room.
  for (const std::string& key : candidate.keys) {
    freed += remove_entry(directory, key, candidate.name);
  }
  return directory.remove(path) && found ? freed + disk_bytes(*found) : freed;
}

std::uint64_t evict_partial(const CacheDirectory& directory, const EvictionCandidate& candidate) {
  const auto lock = try_lock(directory, in("locks", candidate.name));
  if (!lock || !*lock) return 0;  // it is being filled
  bool removed = true;
  for (const char* suffix : {".body", ".entry", ""}) {
    removed = directory.remove(in("partial", candidate.name + suffix)) && removed;
  }
  (void)directory.remove(in("locks", candidate.name)).has_value();
  return removed ? candidate.bytes : 0;
}

}  // namespace

std::vector<EvictionCandidate> eviction_order(const CacheDirectory& directory,
                                              const CacheInventory& inventory,
                                              const std::function<void()>& beat) {
  std::vector<EvictionCandidate> out;
  add_objects_and_entries(directory, inventory, beat, out);
  add_partials(directory, inventory, beat, out);
  for (const StoredFile& tree : inventory.trees) {
    out.push_back({Kind::kTree,
                   tree.name,
                   {},
                   tree.bytes,
                   tree.changed,
                   tree.bytes == 0 || is_set_aside(tree.name)});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    const auto order = [](const EvictionCandidate& one) {
      return std::tuple(!one.worthless, one.used.tv_sec, one.used.tv_nsec);
    };
    return order(a) < order(b);
  });
  return out;
}

std::uint64_t evict(const CacheDirectory& directory, const EvictionCandidate& candidate) {
  switch (candidate.kind) {
    case Kind::kObject:
      return evict_object(directory, candidate);
    case Kind::kEntry:
      return evict_entry(directory, candidate.name);
    case Kind::kPartial:
      return evict_partial(directory, candidate);
    case Kind::kTree:
      break;
  }
  return 0;
}

std::uint64_t sweep_locks(const CacheDirectory& directory) {
  const auto names = directory.names("locks");
  if (!names) return 0;
  std::uint64_t removed = 0;
  for (const std::string& name : *names) {
    const std::string path = in("locks", name);
    const auto lock = try_lock(directory, path);
    if (lock && *lock && directory.remove(path)) ++removed;
  }
  return removed;
}

}  // namespace slipway::fetcher
