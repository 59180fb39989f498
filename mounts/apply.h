// Performs a MountPlan.
#pragma once

#include <optional>

#include "mounts/mount_plan.h"
#include "mounts/overlay_set.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::mounts {

struct Applied {
  // The sandbox as it is now, with the volumes in it (O_PATH, checked to be the same directory): go
  // there by fchdir(2). The working directory is unspecified, and descriptors opened before show
  // the host without the volumes.
  Fd sandbox;
  // Root on behalf of a user: why there is a mount namespace only (to be reported).
  std::optional<Error> without_user_namespace;
};

// For the single-threaded process that will become the executor, with the rights `plan` was made
// for (kRootForUser: root). Afterwards the process is in the new namespaces, sees the volumes, and
// still has its capabilities there. Sources and targets are opened with the task's user's rights,
// all by descriptor: what is swapped for a link meanwhile is an error, never followed. On any error
// the process must not go on to run anything: there is no way back. A plan without steps does
// nothing. `sandbox_fd`: the sandbox, opened before; `sandbox_dir`: its canonical path. `overlays`:
// what the plan's steps for overlays are about; may be null where there are none.
Result<Applied> apply(const MountPlan& plan, int sandbox_fd,
                      const sandbox::AbsolutePath& sandbox_dir, const sandbox::User& task_user,
                      const OverlaySet* overlays = nullptr);

}  // namespace slipway::mounts
