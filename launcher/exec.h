// The last step: this process becomes the executor.
#pragma once

#include "launcher/exec_spec.h"
#include "sandbox/base/error.h"

namespace slipway::launcher {

struct ExecFailure {
  int status;  // 126: found, but not executable; 127: not found
  Error error;
};

// Replaces this process; the current directory is the sandbox. A relative `file` is looked up
// there, a bare name then in the PATH of the new environment; a regular file that the process may
// execute counts. Of execvp(3) the rule for scripts without "#!" is kept: /bin/sh runs them.
// Returns only on failure.
ExecFailure execute(const ExecSpec& spec, const sandbox::AbsolutePath& sandbox_dir);

}  // namespace slipway::launcher
