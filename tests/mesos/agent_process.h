// Processes as an agent starts, awaits and destroys them. Threads may do so at the same time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/user.h"

namespace slipway::tests {

struct AgentProcess {
  std::vector<std::string> argv;  // argv[0] is a path
  std::vector<std::string> env;   // the whole
  std::string cwd = "/";
  int in = -1;  // borrowed
  int out = -1;
  int err = -1;
  std::vector<int> ignored = {};  // signals
};

// As the agent starts mesos-fetcher: SIGINT, SIGQUIT and SIGPIPE ignored, umask 022.
pid_t start_fetcher(const AgentProcess& process);

// As `mesos-containerizer launch` starts an executor: in a session of its own, as the user, default
// signals, umask 022. The pid is the launch helper's, which forwards signals to the executor,
// writes its raw wait status to `status` (borrowed) and ends with 0.
pid_t start_executor(const AgentProcess& process, const std::optional<sandbox::User>& user,
                     int status);

// Until it has ended; after the time by SIGKILL to its whole tree.
void await_end(pid_t pid, std::optional<std::chrono::milliseconds> time);
// The raw wait status.
int reap(pid_t pid);
// SIGKILL to it and to everything below it; false where it is gone already. It is not reaped.
bool kill_tree(pid_t pid);

}  // namespace slipway::tests
