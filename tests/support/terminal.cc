#include "tests/support/terminal.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void run_in_child(const std::vector<std::string>& argv, const RunOptions& options) {
  reset_signals();
  ::umask(options.umask.value_or(callers_umask()));
  bool good = options.cwd.empty() || ::chdir(options.cwd.c_str()) == 0;
  if (good && options.user) {
    good = ::setgroups(0, nullptr) == 0 && ::setgid(options.user->gid) == 0 &&
           ::setuid(options.user->uid) == 0;
  }
  const std::vector<std::string> none;
  if (good)
    ::execve(argv[0].c_str(), pointers(argv).data(), pointers(options.env.value_or(none)).data());
  ::_exit(99);
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& argv, const RunOptions& options, Window window)
    : options_(options) {
  int master = -1;
  const winsize size{window.rows, window.columns, 0, 0};
  pid_ = ::forkpty(&master, nullptr, nullptr, &size);
  if (pid_ == 0) run_in_child(argv, options_);
  EXPECT_GT(pid_, 0) << "forkpty";
  master_ = Fd(master);
}

Terminal::~Terminal() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  wait();
}

void Terminal::type(std::string_view text) {
  EXPECT_EQ(::write(master_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// False at the end, which a terminal says by EIO, and where nothing comes for too long.
bool Terminal::read_more() {
  pollfd waited{master_.get(), POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(options_.timeout.count())) != 1) return false;
  char buffer[4096];
  const ssize_t count = ::read(master_.get(), buffer, sizeof buffer);
  if (count <= 0) return false;
  shown_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

void Terminal::expect(std::string_view text) {
  for (;;) {
    const std::size_t found = shown_.find(text, seen_);
    if (found != std::string::npos) {
      seen_ = found + text.size();
      return;
    }
    if (!read_more()) {
      ADD_FAILURE() << "the terminal does not show '" << text << "' but\n" << shown_;
      return;
    }
  }
}

int Terminal::wait() {
  while (read_more()) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace slipway::tests
