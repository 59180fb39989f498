// Private namespaces for this process.
#pragma once

#include <optional>

#include "mounts/mount_step.h"
#include "sandbox/base/result.h"

namespace slipway::mounts {

struct Entered {
  // Root on behalf of a user only: why there is no user namespace. The mounts are as safe without;
  // a process of the same user elsewhere on the host can look into them then (/proc/PID/root).
  std::optional<Error> without_user_namespace;
};

// Leaves the host's mount namespace; with a user namespace where `privilege` says so, in which this
// process has every capability. Needs to be single-threaded and dumpable. An error names what
// stands in the way as far as the host tells (refusal.h), and nothing has changed then,
// except where writing the id maps failed.
Result<Entered> enter_namespaces(Privilege privilege);

}  // namespace slipway::mounts
