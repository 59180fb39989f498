#include "tests/support/running_program.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/sanitizer_report.h"
#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

[[noreturn]] void become(const std::vector<std::string>& argv, const RunningProgram::Setup& setup,
                         int out, int err) {
  ::setpgid(0, 0);
  reset_signals();
  ::umask(callers_umask());
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (setup.before_exec) setup.before_exec();
  if (setup.user && (::setgroups(0, nullptr) != 0 || ::setgid(setup.user->gid) != 0 ||
                     ::setuid(setup.user->uid) != 0)) {
    ::_exit(99);
  }
  if (::chdir(start_directory().c_str()) != 0) ::_exit(99);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char path[] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
  std::vector<char*> environment{path};
  for (const std::string& line : surroundings()) {
    environment.push_back(const_cast<char*>(line.c_str()));
  }
  environment.push_back(nullptr);
  ::execve(words[0], words.data(), environment.data());
  ::_exit(99);
}

// True where there was something; false at the end.
bool append(Fd& pipe, std::string& text) {
  char buffer[4096];
  const ssize_t count = ::read(pipe.get(), buffer, sizeof buffer);
  if (count <= 0) {
    pipe.reset();
    return false;
  }
  text.append(buffer, static_cast<std::size_t>(count));
  return true;
}

char state_now(pid_t pid) {
  std::ifstream file(cat("/proc/", pid, "/stat"));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t name_end = text.rfind(") ");
  return name_end == std::string::npos ? ' ' : text[name_end + 2];
}

}  // namespace

RunningProgram::RunningProgram(const std::vector<std::string>& argv, const Setup& setup) {
  auto out = sys::make_pipe();
  auto err = sys::make_pipe();
  if (!out || !err) {
    ADD_FAILURE() << "no pipes";
    return;
  }
  pid_ = ::fork();
  if (pid_ == 0) become(argv, setup, out->second.get(), err->second.get());
  out_pipe_ = std::move(out->first);
  err_pipe_ = std::move(err->first);
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0 || reaped_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RunningProgram::signal(int number) const {
  EXPECT_EQ(::kill(pid_, number), 0);
}

bool RunningProgram::read_some(milliseconds patience) {
  pollfd waited[2] = {{out_pipe_.get(), POLLIN, 0}, {err_pipe_.get(), POLLIN, 0}};
  if (!out_pipe_ && !err_pipe_) return false;
  if (::poll(waited, 2, static_cast<int>(patience.count())) <= 0) return false;
  if (waited[0].revents != 0) append(out_pipe_, out_);
  if (waited[1].revents != 0) append(err_pipe_, err_);
  return true;
}

std::string RunningProgram::line(std::string_view start) {
  const std::string wanted = cat('\n', start);
  for (;;) {
    const std::string text = "\n" + out_;
    const std::size_t at = text.find(wanted);
    const std::size_t end = at == std::string::npos ? at : text.find('\n', at + 1);
    if (end != std::string::npos) return text.substr(at + wanted.size(), end - at - wanted.size());
    if (!read_some(kPatience)) {
      ADD_FAILURE() << "no line '" << start << "'\nstdout: " << out_ << "\nstderr: " << err_;
      return "";
    }
  }
}

pid_t RunningProgram::told_pid(std::string_view start) {
  const std::string text = line(start);
  return text.empty() ? 0 : static_cast<pid_t>(std::stol(text));
}

bool RunningProgram::stops() const {
  int status = 0;
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    if (::waitpid(pid_, &status, WUNTRACED | WNOHANG) == pid_) return WIFSTOPPED(status);
    std::this_thread::sleep_for(milliseconds(2));
  }
  return false;
}

int RunningProgram::wait(milliseconds patience) {
  // Whoever inherited the pipes may outlive it: it is its own end that counts.
  if (!ends_within(pid_, patience)) {
    ADD_FAILURE() << "it still runs\nstdout: " << out_ << "\nstderr: " << err_;
    return -1;
  }
  while (read_some(milliseconds(0))) {
  }
  int status = 0;
  while (::wait4(pid_, &status, 0, &usage_) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  expect_no_sanitizer_report(err_);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool ends_within(pid_t pid, milliseconds time) {
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return errno == ESRCH;
  pollfd waited{handle.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waited, 1, static_cast<int>(time.count()));
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

bool is_running(pid_t pid) {
  return !ends_within(pid, milliseconds(0));
}

pid_t child_of(pid_t pid) {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    std::ifstream file(cat("/proc/", pid, "/task/", pid, "/children"));
    pid_t child = 0;
    if (file >> child) return child;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return 0;
}

char state_of(pid_t pid, std::string_view states) {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    const char state = state_now(pid);
    if (states.find(state) != std::string_view::npos) return state;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return ' ';
}

}  // namespace slipway::tests
