// Why a host refuses namespaces, and what to do about it.
#pragma once

#include "mounts/mount_step.h"
#include "sandbox/base/error.h"

namespace slipway::mounts {

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
