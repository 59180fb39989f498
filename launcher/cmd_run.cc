#include <signal.h>

#include "launcher/commands.h"
#include "launcher/exit_status.h"
#include "launcher/launch.h"
#include "launcher/prepare.h"
#include "launcher/say.h"
#include "sandbox/base/log.h"

namespace slipway::launcher {

int command_run(const Options& options) {
  // A reader of our messages that has gone away is no reason to fail a launch.
  ::signal(SIGPIPE, SIG_IGN);
  const auto plan = prepare(options);
  if (!plan) return kExitSlipwayFailed;
  for (const std::string& warning : plan->warnings) log::warning(warning);
  const auto failure = launch(*plan);
  if (failure.error) say(*failure.error);
  return failure.status;
}

}  // namespace slipway::launcher
