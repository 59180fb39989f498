#include "mounts/verify.h"

#include <algorithm>
#include <map>

#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::MountEntry;

namespace {

std::uint64_t id_of(const MountEntry& entry) {
  return static_cast<std::uint64_t>(entry.id);
}

Result<void> verify_mount(const MountEntry& entry, const AttachedVolume& volume) {
  if (!entry.has("nosuid")) return Error(cat(quote(entry.mount_point), " is not nosuid"));
  if (volume.access == Access::kReadOnly && !entry.has("ro")) {
    return Error(cat(quote(entry.mount_point), " is not read-only"));
  }
  return {};
}

}  // namespace

Result<void> verify_volumes(std::span<const MountEntry> table,
                            std::span<const AttachedVolume> volumes) {
  std::map<std::uint64_t, const AttachedVolume*> owners;  // of mounts, by id
  for (const auto& volume : volumes) owners[volume.mount_id] = &volume;
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
    TRY(verify_mount(entry, *owner->second));
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
