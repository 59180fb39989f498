#include "launcher/report/ending.h"

#include <string.h>
#include <sys/wait.h>

#include "launcher/base/exit_status.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

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
  std::string how = ending.of == Ending::Of::kNothing ? "could not be ended, and was left"
                    : WIFSIGNALED(ending.wait_status)
                        ? cat("was ended by ", signal_name(WTERMSIG(ending.wait_status)))
                        : cat("ended with exit code ", WEXITSTATUS(ending.wait_status));
  if (ending.of == Ending::Of::kPreparation) how += " before it was executed,";
  return cat(quote(executor), ' ', how, " after ", seconds_text(ending.wall), " (CPU ",
             seconds_text(ending.user_cpu), " user, ", seconds_text(ending.system_cpu),
             " system; largest process ", ending.max_resident_kib, " KiB resident)");
}

}  // namespace slipway::launcher
