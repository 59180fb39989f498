#include "mounts/verify.h"

#include <map>
#include <set>

#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::MountEntry;

namespace {

std::uint64_t id_of(const MountEntry& entry) {
  return static_cast<std::uint64_t>(entry.id);
}

// Which of the flags that every volume has is not there; "" where both are.
std::string_view lacking_flag(const MountEntry& entry, const AttachedVolume& volume) {
  if (!entry.has("nosuid")) return "nosuid";
  if (volume.kind != FileKind::kDevice && !entry.has("nodev")) return "nodev";
  return {};
}

Result<void> verify_mount(const MountEntry& entry, const AttachedVolume& volume, bool hidden) {
  const auto lacks = [&](std::string_view what) {
    return Error(cat(quote(entry.mount_point), " is not ", what));
  };
  if (const auto flag = lacking_flag(entry, volume); !hidden && !flag.empty()) return lacks(flag);
  if (volume.access == Access::kReadWrite) return {};
  if (!entry.has("ro")) return lacks("read-only");
  if (entry.master) return lacks("private");
  return {};
}

class Hidden {
 public:
  explicit Hidden(std::span<const MountEntry> table) {
    for (const auto& entry : table) {
      by_id_[entry.id] = &entry;
      places_[entry.parent].insert(entry.mount_point);
    }
  }

  // Whether no path through the volume leads to it: another one is mounted upon its root, or beside
  // it on a directory above; or the one in which it is mounted is hidden so.
  [[nodiscard]] bool operator()(const MountEntry& entry, const AttachedVolume& volume) const {
    for (const MountEntry* at = &entry; at != nullptr; at = parent_of(*at)) {
      if (has(at->id, at->mount_point)) return true;
      if (id_of(*at) == volume.mount_id) return false;
      if (is_below_a_sibling(*at)) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] const MountEntry* parent_of(const MountEntry& entry) const {
    const auto found = by_id_.find(entry.parent);
    return found == by_id_.end() || entry.parent == entry.id ? nullptr : found->second;
  }
  [[nodiscard]] bool has(int parent, std::string_view place) const {
    const auto found = places_.find(parent);
    return found != places_.end() && found->second.contains(place);
  }
  [[nodiscard]] bool is_below_a_sibling(const MountEntry& entry) const {
    const MountEntry* parent = parent_of(entry);
    if (parent == nullptr) return false;
    std::string_view above = entry.mount_point;
    while (above.size() > parent->mount_point.size()) {
      above = above.substr(0, above.rfind('/'));
      if (above != parent->mount_point && has(entry.parent, above)) return true;
    }
    return false;
  }

  std::map<int, const MountEntry*> by_id_;
  std::map<int, std::set<std::string_view>> places_;  // of the mounts in one, by its id
};

// A mount of a volume: the volume itself, or what lies in it and is no other volume.
struct Owned {
  const MountEntry* entry = nullptr;
  const AttachedVolume* volume = nullptr;
};
std::vector<Owned> owned_mounts(std::span<const MountEntry> table,
                                std::span<const AttachedVolume> volumes) {
  std::map<std::uint64_t, const AttachedVolume*> owners;  // of mounts, by id
  for (const auto& volume : volumes) owners[volume.mount_id] = &volume;
  std::vector<Owned> found;
  for (const auto& entry : table) {
    auto owner = owners.find(id_of(entry));
    if (owner == owners.end()) {
      // The table has parents first: what lies in a volume belongs to it.
      owner = owners.find(static_cast<std::uint64_t>(entry.parent));
      if (owner == owners.end()) continue;
      owner = owners.emplace(id_of(entry), owner->second).first;
    }
    found.push_back({&entry, owner->second});
  }
  return found;
}

}  // namespace

Result<void> verify_volumes(std::span<const MountEntry> table,
                            std::span<const AttachedVolume> volumes) {
  for (const auto& entry : table) {
    if (entry.shared) return Error(cat(quote(entry.mount_point), " is still shared with the host"));
  }
  const Hidden hidden(table);
  std::set<std::uint64_t> seen;
  for (const auto& [entry, volume] : owned_mounts(table, volumes)) {
    seen.insert(id_of(*entry));
    TRY(verify_mount(*entry, *volume, hidden(*entry, *volume)));
  }
  for (const auto& volume : volumes) {
    if (!seen.contains(volume.mount_id)) {
      return Error(cat(quote(volume.place), " is not in the mount table"));
    }
  }
  return {};
}

std::vector<const MountEntry*> late_mounts(std::span<const MountEntry> table,
                                           std::span<const AttachedVolume> volumes) {
  std::vector<const MountEntry*> found;
  for (const auto& [entry, volume] : owned_mounts(table, volumes)) {
    const bool is_inside = id_of(*entry) != volume->mount_id;
    const bool may_come = volume->access == Access::kReadWrite;
    if (is_inside && may_come && !lacking_flag(*entry, *volume).empty()) found.push_back(entry);
  }
  return found;
}

}  // namespace slipway::mounts
