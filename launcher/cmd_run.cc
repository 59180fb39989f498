#include <unistd.h>

#include "launcher/commands.h"
#include "launcher/exit_status.h"
#include "launcher/launch.h"
#include "launcher/prepare.h"
#include "launcher/say.h"
#include "launcher/supervise.h"
#include "sandbox/base/log.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

int perform(const Plan& plan, std::optional<pid_t> supervisor) {
  const auto failure = launch(plan, supervisor);
  if (failure.error) say(*failure.error);
  return failure.status;
}

int perform_supervised(const Plan& plan, pid_t caller) {
  const auto ending = supervise(*plan.supervision, caller,
                                [&plan](pid_t supervisor) { return perform(plan, supervisor); });
  if (!ending) {
    say(ending.error());
    return kExitSlipwayFailed;
  }
  if (ending->of != Ending::Of::kPreparation) log::info(describe(*ending, plan.executor));
  return exit_status_of(*ending);
}

}  // namespace

int command_run(const Options& options) {
  // Asked first: a parent that ends while the plan is made is missed then too.
  const pid_t caller = options.supervise ? ::getppid() : 0;
  sandbox::survive_failed_writes();
  sandbox::forbid_core_dumps();
  const auto plan = prepare(options);
  if (!plan) return kExitSlipwayFailed;
  for (const std::string& warning : plan->warnings) log::warning(warning);
  return plan->supervision ? perform_supervised(*plan, caller) : perform(*plan, std::nullopt);
}

}  // namespace slipway::launcher
