#include "tests/bench/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>

namespace slipway::bench {

namespace {

constexpr std::array<int, 3> kEndings{SIGINT, SIGTERM, SIGHUP};

volatile pid_t running = -1;

void pass_on(int signal) {
  if (running > 0) ::kill(running, signal);
}

// While it lives, the signals that end a program are handled as said.
class Endings {
 public:
  explicit Endings(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    for (std::size_t i = 0; i < kEndings.size(); ++i) {
      ::sigaction(kEndings[i], &action, &before_[i]);
    }
  }
  ~Endings() {
    for (std::size_t i = 0; i < kEndings.size(); ++i) {
      ::sigaction(kEndings[i], &before_[i], nullptr);
    }
  }
  Endings(const Endings&) = delete;
  Endings& operator=(const Endings&) = delete;

 private:
  std::array<struct sigaction, kEndings.size()> before_{};
};

[[noreturn]] void perform(const std::function<void()>& work) {
  int status = 0;
  try {
    work();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, problem.what());
    status = 1;
  }
  std::fflush(stdout);
  ::_exit(status);
}

bool wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return status == 0;
}

}  // namespace

bool in_child(const std::function<void()>& work) {
  std::fflush(stdout);
  sigset_t endings;
  sigset_t before;
  ::sigemptyset(&endings);
  for (const int signal : kEndings) ::sigaddset(&endings, signal);
  // Held back until both processes know what to do with them.
  ::sigprocmask(SIG_BLOCK, &endings, &before);
  running = ::fork();
  const pid_t child = running;
  const Endings handling(child == 0 ? SIG_DFL : pass_on);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (child == 0) perform(work);
  return child > 0 && wait_for(child);
}

}  // namespace slipway::bench
