#include "launcher/ending.h"

#include <string.h>
#include <sys/wait.h>

#include <algorithm>

#include "launcher/exit_status.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// "1.234 s".
std::string seconds(std::chrono::nanoseconds time) {
  const auto all = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  std::string fraction = cat(1000 + all % 1000);
  fraction.front() = '.';
  return cat(all / 1000, fraction, " s");
}

}  // namespace

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? cat("SIG", name) : cat("signal ", signal);
}

int exit_status_of(const Ending& ending) {
  if (ending.of == Ending::Of::kNothing) return kExitSlipwayFailed;
  return WIFSIGNALED(ending.wait_status) ? 128 + WTERMSIG(ending.wait_status)
                                         : WEXITSTATUS(ending.wait_status);
}

std::string describe(const Ending& ending, std::string_view executor) {
  const std::string how = ending.of == Ending::Of::kNothing ? "could not be ended, and was left"
                          : WIFSIGNALED(ending.wait_status)
                              ? cat("was ended by ", signal_name(WTERMSIG(ending.wait_status)))
                              : cat("ended with exit code ", WEXITSTATUS(ending.wait_status));
  return cat(quote(executor), ' ', how, " after ", seconds(ending.wall), " (CPU ",
             seconds(ending.user_cpu), " user, ", seconds(ending.system_cpu),
             " system; largest process ", ending.max_resident_kib, " KiB resident)");
}

}  // namespace slipway::launcher
