// The one name in a sandbox that is slipway's own: where it locks, stages and leaves its records.
#pragma once

#include <sys/types.h>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/path.h"

namespace slipway::sandbox {

inline constexpr char kPrivateDir[] = ".slipway";

// True for the private directory and everything below it.
inline bool is_private(const SandboxPath& path) {
  return path.components().front() == kPrivateDir;
}

// Makes it in `sandbox` (borrowed) where it is missing, 0700, as the calling process, and opens and
// locks it (flock(2)): nobody else works in this sandbox as long as it is open. Errors: it is
// another user's than `user`'s; somebody else has it locked.
Result<Fd> make_private_dir(int sandbox, uid_t user);

}  // namespace slipway::sandbox
