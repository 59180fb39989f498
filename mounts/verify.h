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
  std::string place;  // for messages
};

// Every volume must be in the table and nosuid; a read-only one must be read-only with all mounts
// below it, other volumes excepted; and no mount may pass on to the host what happens to it. The
// first that is not so is the error. Pure.
Result<void> verify_volumes(std::span<const sandbox::MountEntry> table,
                            std::span<const AttachedVolume> volumes);

}  // namespace slipway::mounts
