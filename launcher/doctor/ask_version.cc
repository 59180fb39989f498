#include "launcher/doctor/ask_version.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "launcher/base/c_strings.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/environment.h"

namespace slipway::launcher {

namespace {

constexpr unsigned kMostSeconds = 5;
constexpr std::size_t kMostBytes = 4096;

// In the child. Returns only where it cannot be executed.
Result<void> execute(const std::string& program, int output) {
  const Fd null = TRY(sys::open_at(AT_FDCWD, "/dev/null", O_RDWR));
  TRY(sys::duplicate_onto(null.get(), STDIN_FILENO));
  TRY(sys::duplicate_onto(output, STDOUT_FILENO));
  TRY(sys::duplicate_onto(null.get(), STDERR_FILENO));
  TRY(sandbox::close_from(STDERR_FILENO + 1));
  sandbox::reset_signals();
  ::alarm(kMostSeconds);  // outlives exec (alarm(2))
  std::vector<std::string> arguments{program, "--version"};
  std::vector<std::string> environment{cat("PATH=", sandbox::kDefaultPath)};
  ::execve(program.c_str(), c_strings(arguments).data(), c_strings(environment).data());
  return Error::system(errno, "execve");
}

}  // namespace

Result<std::string> ask_version(const std::string& program) {
  auto pipe = TRY(sys::make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return Error::system(errno, "fork");
  if (child == 0) ::_exit(execute(program, pipe.second.get()) ? 0 : 1);
  pipe.second.reset();
  const auto said = sys::read_to_end(pipe.first.get(), kMostBytes);
  pipe.first.reset();  // one that says more than that is told so
  const int status = TRY(sys::wait_for(child));
  const Error failed(cat(quote(program), " does not answer --version"));
  if (!said || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return failed;
  const std::string line = said->substr(0, said->find('\n'));
  if (line.empty()) return failed;
  return line;
}

}  // namespace slipway::launcher
