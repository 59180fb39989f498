// --supervise: slipway stays as the parent of the process that becomes the executor.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "launcher/plan/supervision.h"
#include "launcher/report/ending.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// What the child knows of its supervisor, and tells it.
struct Supervised {
  pid_t supervisor = 0;             // its parent
  std::function<void()> executing;  // to be called when the next thing is execve(2)
};

// Runs `work` in a child, in a session of its own: it becomes the executor, and returns only where
// that failed, with an exit status. Returns when nothing is left
// of the child and all that it has started, daemons included (PR_SET_CHILD_SUBREAPER), but for
// processes that may not be killed, which are named in a warning.
//
// What ends: the executor's own end, SIGTERM, or the end of `caller`, which was getppid() when this
// process started. Then every process of the tree gets SIGTERM once, and what is left after
// kill_after gets SIGKILL. signal_route.h has what other signals do.
//
// Closes every descriptor from 3 on but `kept`, blocks all signals for good, and must be called
// while single-threaded. An error: nothing was started.
Result<Ending> supervise(const Supervision& supervision, pid_t caller, std::vector<int> kept,
                         const std::function<int(const Supervised&)>& work);

}  // namespace slipway::launcher
