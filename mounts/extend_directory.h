// Names in a directory that only this mount namespace has.
#pragma once

#include "mounts/mount_calls.h"
#include "mounts/mount_step.h"
#include "sandbox/base/result.h"

namespace slipway::mounts {

// Puts a read-only directory in memory over `directory` (open for reading, in the present mount
// namespace; "/" is the process's root). It holds every entry of the directory beneath
// (directories and files as recursive binds with all flags they have, symbolic links made again)
// and the new names; mode and owner are taken over as far as the user namespace knows the owner.
// It is a snapshot: what is added beneath later is not seen. Nothing is written to the directory
// itself. After "/" the working directory is the new root. An entry that cannot be bound, or a new
// name that meanwhile exists beneath, is an error, and the namespace is not fit for use then.
Result<void> extend_directory(const ExtendDirectory& step, int directory, MountCalls& calls);

}  // namespace slipway::mounts
