// The last step: what the kernel's mount table says about the volumes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mounts/mount_spec.h"
#include "sandbox/mountinfo.h"

namespace slipway::mounts {

struct AttachedVolume {
  std::uint64_t mount_id = 0;
  Access access = Access::kReadOnly;
  FileKind kind = FileKind::kDirectory;
  std::string place;  // for messages
};

// Every volume must be in the table, nosuid and (but for device nodes) nodev, with all mounts below
// it that are not other volumes; a read-only one must be read-only, and get nothing that the host
// mounts later; and no mount may pass on to the host what happens to it. The first that is not so
// is the error. Of a mount that another one hides only "read-only" is asked: no path leads there,
// and mount(2) cannot change its flags. Pure.
Result<void> verify_volumes(std::span<const sandbox::MountEntry> table,
                            std::span<const AttachedVolume> volumes);

// Those in RW volumes that are not nosuid or not nodev: what the host has mounted there since the
// volume was taken appears as the host has it. Pointers into `table`. Pure.
std::vector<const sandbox::MountEntry*> late_mounts(std::span<const sandbox::MountEntry> table,
                                                    std::span<const AttachedVolume> volumes);

}  // namespace slipway::mounts
