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
// stands in the way as far as the host tells (explain_refusal), and nothing has changed then,
// except where writing the id maps failed.
Result<Entered> enter_namespaces(Privilege privilege);

// Adds the cause and the remedy to an error of unshare(2) or of the first mount call after it, from
// the host's settings: user/max_user_namespaces, user/max_mnt_namespaces,
// kernel/unprivileged_userns_clone, kernel/apparmor_restrict_unprivileged_userns.
// `settings`: a descriptor of /proc/sys.
Error explain_refusal(Error refused, Privilege privilege, int settings);
Error explain_refusal(Error refused, Privilege privilege);

}  // namespace slipway::mounts
