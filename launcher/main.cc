#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "launcher/base/exit_status.h"
#include "launcher/base/print.h"
#include "launcher/base/say.h"
#include "launcher/command/cli.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway {

namespace {

// A caller that closed 0, 1 or 2 would have the first files we open stand there.
void fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open): it is meant to be inherited
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

// Before this process opens anything: the number must be one that the caller opened.
bool take_status_fd(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_RDONLY) return false;
  return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int perform(const launcher::Invocation& invocation) {
  const auto& status_fd = invocation.options.status_fd;
  if (status_fd && !take_status_fd(*status_fd)) {
    launcher::say_error(MessageCode::kUsage, cat("--status-fd: ", *status_fd,
                                                 " is no descriptor that is open for writing"));
    return invocation.command->usage_status;
  }
  const char* verbose = ::getenv("SLIPWAY_VERBOSE");
  if (invocation.options.quiet) {
    log::set_threshold(log::Level::kWarning);
  } else if (invocation.options.verbose ||
             (verbose != nullptr && std::string_view(verbose) == "1")) {
    log::set_threshold(log::Level::kDebug);
  }
  return invocation.command->perform(invocation.options);
}

}  // namespace

}  // namespace slipway

int main(int argc, char** argv) {
  using namespace slipway;
  launcher::note_standard_output();
  fill_standard_descriptors();
  // An agent may ignore SIGCHLD, and then there would be nothing to wait for.
  ::signal(SIGCHLD, SIG_DFL);
  const auto line = launcher::parse_command_line(argc, argv);
  if (const auto* answer = std::get_if<launcher::Answer>(&line)) {
    return launcher::print(answer->text) ? 0 : launcher::kExitProblems;
  }
  if (const auto* misuse = std::get_if<launcher::UsageError>(&line)) {
    launcher::say_error(MessageCode::kUsage, misuse->message);
    return misuse->status;
  }
  return perform(std::get<launcher::Invocation>(line));
}
