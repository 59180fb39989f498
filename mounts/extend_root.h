// Names in `/` that only this mount namespace has.
#pragma once

#include "mounts/mount_step.h"
#include "sandbox/base/result.h"

namespace slipway::mounts {

// Replaces `/` by a read-only directory in memory. It holds every entry of the host's `/`
// (directories and files as recursive binds with all flags they have, symbolic links made again)
// and the new names. It is a snapshot: what the host adds to `/` later is not seen. Nothing is
// written to the host. Afterwards the old root is out of reach by path, and the working directory
// is `/`. An entry that cannot be bound, or a new name that meanwhile exists on the host, is an
// error, and the namespace is not fit for use then.
Result<void> extend_root(const ExtendRoot& step);

}  // namespace slipway::mounts
