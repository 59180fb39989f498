// The last step: this process becomes the executor.
#pragma once

#include <string>

#include "launcher/plan/exec_spec.h"
#include "sandbox/base/error.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct ExecFailure {
  int status;  // 126: found, but not executable; 127: not found
  Error error;
};

// The path of the program: a relative `file` is looked up in the sandbox, a bare name then in the
// PATH of the new environment; a regular file that the process may execute counts. The current
// directory is the sandbox.
Result<std::string, ExecFailure> find_program(const ExecSpec& spec,
                                              const sandbox::AbsolutePath& sandbox_dir);

// Replaces this process by the program that find_program() found; the current directory is the
// sandbox. Of execvp(3) the rule for scripts without "#!" is kept: /bin/sh runs them. Returns only
// on failure.
ExecFailure execute(const std::string& path, const ExecSpec& spec);

}  // namespace slipway::launcher
