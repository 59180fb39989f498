#include "mounts/verify.h"

#include <set>

#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::MountEntry;

namespace {

std::uint64_t id_of(const MountEntry& entry) {
  return static_cast<std::uint64_t>(entry.id);
}

Result<void> verify_volume(std::span<const MountEntry> table, const AttachedVolume& volume,
                           const std::set<std::uint64_t>& roots) {
  std::set<std::uint64_t> tree;  // the volume's own mounts; the table has parents first
  for (const auto& entry : table) {
    const bool is_root = id_of(entry) == volume.mount_id;
    const bool below = tree.contains(static_cast<std::uint64_t>(entry.parent));
    if (!is_root && (!below || roots.contains(id_of(entry)))) continue;
    tree.insert(id_of(entry));
    if (!entry.has("nosuid")) return Error(cat(quote(entry.mount_point), " is not nosuid"));
    if (volume.access == Access::kReadOnly && !entry.has("ro")) {
      return Error(cat(quote(entry.mount_point), " is not read-only"));
    }
  }
  if (tree.empty()) return Error(cat(quote(volume.place), " is not in the mount table"));
  return {};
}

}  // namespace

Result<void> verify_volumes(std::span<const MountEntry> table,
                            std::span<const AttachedVolume> volumes) {
  for (const auto& entry : table) {
    if (entry.shared) return Error(cat(quote(entry.mount_point), " is still shared with the host"));
  }
  std::set<std::uint64_t> roots;
  for (const auto& volume : volumes) roots.insert(volume.mount_id);
  for (const auto& volume : volumes) TRY(verify_volume(table, volume, roots));
  return {};
}

}  // namespace slipway::mounts
