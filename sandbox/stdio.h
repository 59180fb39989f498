// Where the executor's output goes: to the caller's descriptors, or into files of the sandbox as on
// a Mesos agent.
#pragma once

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/path.h"
#include "sandbox/user.h"

namespace slipway::sandbox {

enum class Stdio {
  kInherit,  // as slipway got them
  kSandbox,  // appended to the sandbox's stdout and stderr; standard input is /dev/null
};

inline constexpr char kStdoutFile[] = "stdout";
inline constexpr char kStderrFile[] = "stderr";

// True for the two files and for what would make directories of them.
bool is_output_file(const SandboxPath& path);

struct StdioFiles {
  Fd input;
  Fd output;
  Fd error;
};

// Opens the two files below `sandbox` (borrowed) for appending, with that user's rights; a missing
// one is made, 0644 whatever the umask (Mesos: ContainerLogger's sandbox module). What an archive
// or an earlier task may have planted under these names is an error, and untouched: anything but a
// regular file, and a file with a second name.
Result<StdioFiles> open_stdio(int sandbox, const User& user);

// Makes the files this process's standard descriptors. Returns a duplicate of the former standard
// error, close-on-exec, for what slipway still has to say.
Result<Fd> redirect(const StdioFiles& files);

}  // namespace slipway::sandbox
