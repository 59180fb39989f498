#include <sys/wait.h>
#include <unistd.h>

#include "launcher/base/exit_status.h"
#include "launcher/base/say.h"
#include "launcher/command/commands.h"
#include "launcher/launch/launch.h"
#include "launcher/launch/prepare.h"
#include "launcher/launch/supervise.h"
#include "launcher/report/report_file.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

int perform(const Plan& plan, Report& report, const Supervised* supervised) {
  const auto failure = launch(plan, report, supervised);
  if (failure.error) say(*failure.error);
  return failure.status;
}

// The child's descriptor of the report in the sandbox is its own; and what the task did to that
// since is no matter of ours.
void report_end(const Plan& plan, const Ending& ending, Report& report) {
  if (plan.record) {
    auto file = open_report_again(plan.sandbox.path, plan.task_user);
    if (file) {
      report.add(*std::move(file), Report::Detail::kWithoutProgress);
    } else {
      log::debug(cat("the end is not in the report: ", text_of(file.error())));
    }
  }
  report.tell(TreeEnded{ending});
}

int perform_supervised(const Plan& plan, Report& report, pid_t caller) {
  const auto ending =
      supervise(*plan.supervision, caller, report.descriptors(),
                [&](const Supervised& self) { return perform(plan, report, &self); });
  if (!ending) {
    say(ending.error(), MessageCode::kSupervise);
    return kExitSlipwayFailed;
  }
  // Of a failure of slipway all has been said.
  const bool has_ended = ending->of != Ending::Of::kPreparation || WIFSIGNALED(ending->wait_status);
  if (has_ended) report_end(plan, *ending, report);
  // Who started slipway waits for its end, not for a reader that has stopped.
  log::set_patience(std::chrono::milliseconds(500));
  for (const std::string& remark : ending->remarks)
    say_warning(MessageCode::kWarnSupervise, remark);
  if (has_ended) log::info(describe(*ending, plan.executor));
  return exit_status_of(*ending);
}

}  // namespace

int command_run(const Options& options) {
  // Asked first: a parent that ends while the plan is made is missed then too.
  const pid_t caller = options.supervise ? ::getppid() : 0;
  Report report;
  if (options.status_fd) report.add(Fd(*options.status_fd), Report::Detail::kEverything);
  if (log::shows(log::Level::kDebug)) report.remember();
  sandbox::survive_failed_writes();
  sandbox::forbid_core_dumps();
  const auto plan = prepare(options);
  if (!plan) return kExitSlipwayFailed;
  for (const Remark& each : plan->warnings) say_warning(each.code, each.text);
  return plan->supervision ? perform_supervised(*plan, report, caller)
                           : perform(*plan, report, nullptr);
}

}  // namespace slipway::launcher
