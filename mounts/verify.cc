#include "mounts/verify.h"

#include <algorithm>
#include <map>
#include <set>

#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::MountEntry;

namespace {

std::uint64_t id_of(const MountEntry& entry) {
  return static_cast<std::uint64_t>(entry.id);
}

Result<void> verify_mount(const MountEntry& entry, const AttachedVolume& volume, bool hidden) {
  const auto lacks = [&](std::string_view what) {
    return Error(cat(quote(entry.mount_point), " is not ", what));
  };
  if (!hidden && !entry.has("nosuid")) return lacks("nosuid");
  if (!hidden && volume.kind != FileKind::kDevice && !entry.has("nodev")) return lacks("nodev");
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

}  // namespace

Result<void> verify_volumes(std::span<const MountEntry> table,
                            std::span<const AttachedVolume> volumes) {
  std::map<std::uint64_t, const AttachedVolume*> owners;  // of mounts, by id
  for (const auto& volume : volumes) owners[volume.mount_id] = &volume;
  const Hidden hidden(table);
  std::size_t seen = 0;
  for (const auto& entry : table) {
    if (entry.shared) return Error(cat(quote(entry.mount_point), " is still shared with the host"));
    auto owner = owners.find(id_of(entry));
    if (owner != owners.end()) {
      ++seen;
    } else {
      // The table has parents first: what lies in a volume belongs to it.
      owner = owners.find(static_cast<std::uint64_t>(entry.parent));
      if (owner == owners.end()) continue;
      owner = owners.emplace(id_of(entry), owner->second).first;
    }
    TRY(verify_mount(entry, *owner->second, hidden(entry, *owner->second)));
  }
  if (seen == volumes.size()) return {};
  for (const auto& volume : volumes) {
    const bool there = std::any_of(table.begin(), table.end(), [&](const MountEntry& entry) {
      return id_of(entry) == volume.mount_id;
    });
    if (!there) return Error(cat(quote(volume.place), " is not in the mount table"));
  }
  return {};
}

}  // namespace slipway::mounts
