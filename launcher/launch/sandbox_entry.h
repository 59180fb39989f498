// Getting hold of the sandbox directory before anything happens in it.
#pragma once

#include "launcher/plan/survey.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::launcher {

struct OpenSandbox {
  Fd directory;
  Fd private_dir;  // .slipway; its flock is ours until this process ends or execs
};

// Makes the sandbox where it is missing (0750, the user's) and its .slipway (0700), with the user's
// rights, and takes the lock: one slipway per sandbox at a time.
Result<OpenSandbox> open_sandbox(const SandboxChoice& choice, const sandbox::User& user);

}  // namespace slipway::launcher
