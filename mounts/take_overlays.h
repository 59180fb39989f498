// Making the overlays that a sandbox is to have.
#pragma once

#include <string>
#include <vector>

#include "mounts/mount_calls.h"
#include "mounts/mount_step.h"
#include "mounts/overlay_set.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::mounts {

struct OverlayMaker {
  Privilege privilege;        // who made the namespaces
  const sandbox::User& user;  // the task's
};

// One mount for each of the set, in its order, not yet visible anywhere, from which nothing can be
// executed where nothing in the sandbox can (noexec). In the namespaces: the layers must lie on
// mounts of theirs. `sandbox` is borrowed.
Result<std::vector<Fd>> take_overlays(const OverlaySet& set, int sandbox, const OverlayMaker& maker,
                                      MountCalls& calls);

// `found`, where it is the file that `expected` (borrowed) is; else `what` was replaced meanwhile.
Result<Fd> expect_same(Fd found, int expected, const std::string& what);

}  // namespace slipway::mounts
