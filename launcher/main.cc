#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "launcher/cli.h"
#include "launcher/exit_status.h"
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

int perform(const launcher::Invocation& invocation) {
  if (invocation.options.quiet) log::set_threshold(log::Level::kWarning);
  const char* verbose = ::getenv("SLIPWAY_VERBOSE");
  if (invocation.options.verbose || (verbose != nullptr && std::string_view(verbose) == "1")) {
    log::set_threshold(log::Level::kDebug);
  }
  return invocation.command->perform(invocation.options);
}

}  // namespace

}  // namespace slipway

int main(int argc, char** argv) {
  using namespace slipway;
  fill_standard_descriptors();
  // An agent may ignore SIGCHLD, and then there would be nothing to wait for.
  ::signal(SIGCHLD, SIG_DFL);
  const auto line = launcher::parse_command_line(argc, argv);
  if (const auto* answer = std::get_if<launcher::Answer>(&line)) {
    return sys::write_all(STDOUT_FILENO, answer->text) ? 0 : launcher::kExitUsage;
  }
  if (const auto* misuse = std::get_if<launcher::UsageError>(&line)) {
    log::error(misuse->message);
    return misuse->status;
  }
  return perform(std::get<launcher::Invocation>(line));
}
