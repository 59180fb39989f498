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

// The mounts upon whose root another one is mounted.
std::set<int> hidden_mounts(std::span<const MountEntry> table) {
  std::map<int, const MountEntry*> by_id;
  std::set<int> hidden;
  for (const auto& entry : table) {
    by_id[entry.id] = &entry;
    const auto parent = by_id.find(entry.parent);
    if (parent != by_id.end() && parent->second->mount_point == entry.mount_point) {
      hidden.insert(entry.parent);
    }
  }
  return hidden;
}

}  // namespace

Result<void> verify_volumes(std::span<const MountEntry> table,
                            std::span<const AttachedVolume> volumes) {
  std::map<std::uint64_t, const AttachedVolume*> owners;  // of mounts, by id
  for (const auto& volume : volumes) owners[volume.mount_id] = &volume;
  const std::set<int> hidden = hidden_mounts(table);
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
    TRY(verify_mount(entry, *owner->second, hidden.contains(entry.id)));
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
