// The agent's part of launching: what src/slave/slave.cpp and `mesos-containerizer launch` give an
// executor.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/user.h"
#include "tests/mesos/agent.h"
#include "tests/mesos/agent_process.h"

namespace slipway::tests {

namespace {

Fd open_for_output(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
}

std::string name_in(const std::string& line) {
  return line.substr(0, line.find('='));
}

// The last definition of a variable wins.
void set(std::vector<std::string>& env, const std::string& line) {
  std::erase_if(env, [&](const std::string& each) { return name_in(each) == name_in(line); });
  env.push_back(line);
}

}  // namespace

// Nothing of the agent's own environment but LIBPROCESS_IP.
std::vector<std::string> Agent::executor_environment(const Container& container,
                                                     const std::string& sandbox) const {
  std::vector<std::string> env;
  for (const std::string& line : flags_.environment) {
    if (name_in(line) == "LIBPROCESS_IP") set(env, line);
  }
  set(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (const std::string& line : flags_.executor_environment_variables) set(env, line);
  for (const std::string& line :
       {std::string("LIBPROCESS_PORT=0"), std::string("MESOS_AGENT_ENDPOINT=127.0.0.1:5051"),
        std::string("MESOS_CHECKPOINT=1"), cat("MESOS_DIRECTORY=", sandbox),
        cat("MESOS_EXECUTOR_ID=", container.id),
        std::string("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD=5secs"),
        std::string("MESOS_FRAMEWORK_ID=F0"), std::string("MESOS_HTTP_COMMAND_EXECUTOR=0"),
        std::string("MESOS_RECOVERY_TIMEOUT=15mins"), cat("MESOS_SANDBOX=", sandbox),
        std::string("MESOS_SLAVE_ID=S0"), std::string("MESOS_SLAVE_PID=slave(1)@127.0.0.1:5051"),
        std::string("MESOS_SUBSCRIPTION_BACKOFF_MAX=2secs")}) {
    set(env, line);
  }
  return env;
}

int Agent::run_executor(const Container& container, const std::string& sandbox) {
  const Fd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd out = open_for_output(sandbox + "/stdout");
  const Fd err = open_for_output(sandbox + "/stderr");
  auto status = sys::make_pipe();
  if (!status) return -1;
  AgentProcess process{.argv = {"/bin/sh", "-c", container.command},
                       .env = executor_environment(container, sandbox)};
  process.cwd = sandbox;
  process.in = in.get();
  process.out = out.get();
  process.err = err.get();
  std::optional<sandbox::User> user;
  if (const auto found = sandbox::find_user(container.user)) user = *found;
  const pid_t pid = start_executor(process, user, status->second.get());
  status->second.reset();
  const int helper = await_known(container.id, pid, std::nullopt);
  int raw = 0;
  // A launch helper that was killed has told nothing: its own end is what the agent sees.
  const bool told = ::read(status->first.get(), &raw, sizeof raw) == sizeof raw;
  return told ? raw : helper;
}

}  // namespace slipway::tests
