// Whether volumes can be had here: tried for real, in memory, instead of asked for.
#pragma once

#include <optional>

#include "mounts/mount_step.h"
#include "sandbox/base/result.h"

namespace slipway::mounts {

enum class Dialect {
  kNew,      // open_tree(2), mount_setattr(2), move_mount(2), fsopen(2)
  kClassic,  // mount(2), where the new interface is missing or denied
};

struct Tried {
  Dialect dialect = Dialect::kNew;
  // Root on behalf of a user: why there is a mount namespace only.
  std::optional<Error> without_user_namespace = {};
  // Why there is no overlay file system (with userxattr where there is a user namespace).
  std::optional<Error> no_overlay = {};
};

// Enters the namespaces as a launch does, mounts memory on /tmp in them, and there a directory on
// another, read-only, which is verified as a launch verifies it and by writing; then an overlay.
// For a single-threaded, dumpable child process that does nothing else: it stays in the namespaces,
// which end with it. The host sees nothing of it. Errors name what stands in the way (refusal.h).
Result<Tried> try_volumes(Privilege privilege);

}  // namespace slipway::mounts
