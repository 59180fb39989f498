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

enum class Refusal {
  kOfNamespaces,  // unshare(2) failed
  kOfMounts,      // the namespaces came into being, and what they are good for is refused
};

// What the host says about the matter. Reads only.
struct HostSettings {
  int sysctl = -1;      // a descriptor of /proc/sys
  int own_status = -1;  // of /proc/self/status
};

// Adds the cause and the remedy to an error of unshare(2), of the id maps or of the first mount
// call after it: user/max_user_namespaces, user/max_mnt_namespaces,
// kernel/unprivileged_userns_clone, kernel/apparmor_restrict_unprivileged_userns; a seccomp filter
// on this process; AppArmor's restriction by its symptom (kOfMounts for an ordinary user), which
// holds where the setting cannot be read.
Error explain_refusal(Error refused, Privilege privilege, Refusal what,
                      const HostSettings& settings);
Error explain_refusal(Error refused, Privilege privilege, Refusal what);

}  // namespace slipway::mounts
