#include "tests/mesos/agent_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sandbox/base/fd.h"
#include "sandbox/base/text.h"
#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace {

constexpr int kCannotStart = 99;

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Made before the fork: what comes after it, in a process of many threads, may not allocate.
struct Words {
  explicit Words(const AgentProcess& process)
      : argv(c_strings(process.argv)), env(c_strings(process.env)) {}
  std::vector<char*> argv;
  std::vector<char*> env;
};

void take_place(const AgentProcess& process) {
  if (::dup2(process.in, 0) < 0 || ::dup2(process.out, 1) < 0 || ::dup2(process.err, 2) < 0 ||
      ::chdir(process.cwd.c_str()) != 0) {
    ::_exit(kCannotStart);
  }
  ::umask(022);
}

[[noreturn]] void become(Words& words) {
  ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(words.argv[0], words.argv.data(), words.env.data());
  ::_exit(kCannotStart);
}

// Signals wait until the executor is there to get them, and are waited for: after the fork of a
// process with threads, ThreadSanitizer runs no handler.
[[noreturn]] void be_launch_helper(Words& words, int status) {
  // No descriptor of the agent's stays open in a process that executes nothing.
  constexpr int kStatus = 3;
  if (::dup2(status, kStatus) < 0) ::_exit(kCannotStart);
  ::syscall(SYS_close_range, kStatus + 1, ~0U, 0);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  const pid_t executor = ::fork();
  if (executor == 0) {
    reset_signals();
    become(words);
  }
  int raw = 0;
  while (::waitpid(executor, &raw, WNOHANG) == 0) {
    const int number = ::sigwaitinfo(&all, nullptr);
    if (number > 0 && number != SIGCHLD) ::kill(executor, number);
  }
  (void)!::write(kStatus, &raw, sizeof raw);
  ::_exit(0);
}

bool switch_to(const sandbox::User& user) {
  return ::setgid(user.gid) == 0 && ::setgroups(user.groups.size(), user.groups.data()) == 0 &&
         ::setuid(user.uid) == 0;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code gone;
  const std::string tasks = cat("/proc/", pid, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

}  // namespace

pid_t start_fetcher(const AgentProcess& process) {
  Words words(process);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  reset_signals();
  for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) ::signal(number, SIG_IGN);
  for (const int number : process.ignored) ::signal(number, SIG_IGN);
  take_place(process);
  become(words);
}

pid_t start_executor(const AgentProcess& process, const std::optional<sandbox::User>& user,
                     int status) {
  Words words(process);
  std::fflush(nullptr);  // ThreadSanitizer's _exit() writes what is buffered, also in a child
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  reset_signals();
  ::setsid();
  take_place(process);
  if (user && !switch_to(*user)) ::_exit(kCannotStart);
  be_launch_helper(words, status);
}

bool kill_tree(pid_t pid) {
  // Stopped first, so that nothing is started meanwhile.
  if (::kill(pid, SIGSTOP) != 0) return false;
  for (const pid_t child : children_of(pid)) kill_tree(child);
  ::kill(pid, SIGKILL);
  return true;
}

void await_end(pid_t pid, std::optional<std::chrono::milliseconds> time) {
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd waited{handle.get(), POLLIN, 0};
  const int patience = time ? static_cast<int>(time->count()) : -1;
  int ready = 0;
  while ((ready = ::poll(&waited, 1, patience)) < 0 && errno == EINTR) {
  }
  if (ready == 0) kill_tree(pid);
}

int reap(pid_t pid) {
  int raw = 0;
  while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
  }
  return raw;
}

}  // namespace slipway::tests
