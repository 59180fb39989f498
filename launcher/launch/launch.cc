#include "launcher/launch/launch.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>

#include "launcher/base/exit_status.h"
#include "launcher/base/say.h"
#include "launcher/base/secret_mask.h"
#include "launcher/launch/exec.h"
#include "launcher/launch/fill_sandbox.h"
#include "launcher/launch/held_overlays.h"
#include "launcher/launch/stage.h"
#include "launcher/plan/own_environment.h"
#include "launcher/plan/paste_line.h"
#include "launcher/report/report_summary.h"
#include "launcher/report/terminal.h"
#include "launcher/report/waterfall.h"
#include "mounts/apply.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/stdio.h"

namespace slipway::launcher {

namespace {

// Where there is a supervisor: not without it. Said again after whatever makes the kernel forget.
Result<void> stay_with(const std::optional<pid_t>& supervisor) {
  return supervisor ? sandbox::die_with(*supervisor) : Result<void>();
}

// Root that stays root keeps what it has. Everybody else keeps no capability in namespaces of ours,
// where they would be worth a remount, and gains none by executing something.
Result<void> become_task(const Plan& plan) {
  const bool in_namespaces = !plan.mounts.steps.empty();
  if (plan.privilege == mounts::Privilege::kRealRoot) return {};
  if (plan.privilege == mounts::Privilege::kOrdinaryUser && !in_namespaces) return {};
  if (in_namespaces) TRY(sandbox::drop_bounding_set());
  TRY(sandbox::become(plan.task_user));
  TRY(sandbox::drop_capabilities());
  if (in_namespaces) {
    TRY(sandbox::forbid_new_privileges());
    // Until exec, nobody of the task's user may look into this process.
    if (::prctl(PR_SET_DUMPABLE, 0) != 0) return Error::system(errno, "prctl PR_SET_DUMPABLE");
  }
  return {};
}

// The volumes where the plan says, and the sandbox as it is seen with them.
Result<Fd> mount(const Plan& plan, const OpenSandbox& sandbox,
                 const std::optional<HeldOverlays>& overlays, Report& report) {
  if (plan.mounts.steps.empty()) return sys::duplicate(sandbox.directory.get());
  const auto begin = std::chrono::steady_clock::now();
  auto applied = TRY(mounts::apply(plan.mounts, sandbox.directory.get(), plan.sandbox.path,
                                   plan.task_user, overlays ? &overlays->set : nullptr));
  const auto took = std::chrono::steady_clock::now() - begin;
  report.tell(VolumesMounted{volumes_of(plan),
                             std::chrono::duration_cast<std::chrono::microseconds>(took),
                             overlays ? overlays->set.overlays.size() : 0});
  if (applied.without_user_namespace) {
    say_warning(MessageCode::kWarnNamespace,
                cat("a mount namespace only, without a user namespace: ",
                    text_of(*applied.without_user_namespace)));
  }
  return std::move(applied.sandbox);
}

// What would have run here. Who stands at a prompt can take the line as it is, for it has no
// program name in front; elsewhere it ends in logs, and what looks like a secret is masked.
void tell_replaced(ExecSpec spec, const Plan& plan) {
  if (!log::shows(log::Level::kInfo)) return;
  const auto path = find_program(spec, plan.sandbox.path);
  if (!path) {
    log::info(cat("the entry's own command cannot run: ", text_of(path.error().error)));
    return;
  }
  auto shown = plan.at_prompt ? spec.argv : mask_secrets(spec.argv);
  const bool masked = shown != spec.argv;
  spec.argv = std::move(shown);
  const auto line =
      paste_line(spec, plan.at_prompt ? *path : mask_secrets(*path), plan.sandbox.path);
  log::info(cat("the entry's own command, ",
                masked ? "but for what looks secret in it" : "as it can be typed in the sandbox",
                line.needs_bash && !masked ? " (in bash):" : ":"));
  log::bare(line.text);
}

Result<void> enter(const Fd& directory) {
  if (::fchdir(directory.get()) != 0) return Error::system(errno, "fchdir");
  return {};
}

// Leaves the executor what it shall have, and slipway its former standard error for messages, and
// the report. Every other descriptor of ours must be closed by now, the sandbox's lock with them:
// what is left is the caller's.
Result<void> settle_descriptors(std::optional<sandbox::StdioFiles> stdio, const Report& report) {
  auto kept = report.descriptors();
  if (stdio) {
    const int messages = TRY(sandbox::redirect(*stdio)).release();
    stdio.reset();
    log::set_descriptor(messages);
    kept.push_back(messages);
  }
  return sandbox::close_from_but(STDERR_FILENO + 1, std::move(kept));
}

struct Ready {
  FetchOutcome fetched = FetchOutcome::kPlaced;  // kFailed: and nothing came after it
  std::optional<sandbox::StdioFiles> stdio;
};

Result<void> enter_as_task(const Plan& plan, const Fd& directory) {
  TRY(become_task(plan).context("becoming the task's user"));
  return enter(directory).context("entering the sandbox");
}

// The files in the sandbox, and what is to be mounted of them. What the cache had may be removed
// between the one and the other: then it is fetched again.
struct Filled {
  FetchOutcome outcome = FetchOutcome::kPlaced;
  std::optional<HeldOverlays> overlays;
};
Result<Filled, Failed> fill(const Plan& plan, const OpenSandbox& sandbox,
                            const std::optional<pid_t>& supervisor, Report& report) {
  constexpr int kTries = 10;  // somebody may be emptying the cache all the time
  for (int i = 1;; ++i) {
    const auto outcome =
        TRY(at("fetch", fill_sandbox(plan, sandbox, supervisor, report).context("fetching")));
    if (outcome == FetchOutcome::kFailed || !has_overlays(plan)) return Filled{outcome, {}};
    const bool reopened = plan.fetch.steps.empty();
    auto held = hold_overlays(sandbox, plan.task_user,
                              reopened ? UpperLayers::kOfEarlierLaunch : UpperLayers::kNew);
    if (held) {
      held->set.private_dir = TRY(at("mount", sys::duplicate(sandbox.private_dir.get())));
      return Filled{outcome, *std::move(held)};
    }
    const bool gone = held.error().is(std::errc::resource_unavailable_try_again);
    if (!gone || reopened || i == kTries) {
      return at("mount", Result<Filled>(std::move(held).error()));
    }
  }
}

// Everything but what concerns the descriptors.
Result<Ready, Failed> make_ready(const Plan& plan, const std::optional<pid_t>& supervisor,
                                 Report& report) {
  const auto sandbox = TRY(at("sandbox", begin_in_sandbox(plan, report)));
  const Filled filled = TRY(fill(plan, sandbox, supervisor, report));
  if (filled.outcome == FetchOutcome::kFailed) return Ready{filled.outcome, std::nullopt};
  keep_record(plan, sandbox);
  Ready ready;
  if (plan.stdio == sandbox::Stdio::kSandbox) {
    ready.stdio = TRY(at("stdio", sandbox::open_stdio(sandbox.directory.get(), plan.task_user)
                                      .context("the executor's output")));
  }
  TRY(at("mount", stay_with(supervisor)));
  const Fd directory =
      TRY(at("mount", mount(plan, sandbox, filled.overlays, report).context("mounting")));
  TRY(at("user", enter_as_task(plan, directory)));
  TRY(at("user", stay_with(supervisor)));
  return ready;
}

LaunchFailure fail(Report& report, std::string_view stage, int status, Error error) {
  error = std::move(error).as(code_of_stage(stage));
  report.tell(failure_at(stage, error, status));
  return {status, std::move(error)};
}

// Where --verbose was given: where the time went until now.
void show_waterfall(const Report& report) {
  if (!report.remembers()) return;
  constexpr std::size_t kPrefix = sizeof "slipway: debug:";
  const std::size_t columns = size_of(STDERR_FILENO).columns;
  const auto text = waterfall(summarize(report.text()), {columns > kPrefix ? columns - kPrefix : 0,
                                                         glyphs_of(own_environment())});
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    log::debug(std::string_view(text).substr(begin, end - begin));
  }
}

}  // namespace

LaunchFailure launch(const Plan& plan, Report& report, const Supervised* supervised) {
  const auto supervisor =
      supervised != nullptr ? std::optional(supervised->supervisor) : std::nullopt;
  auto ready = make_ready(plan, supervisor, report);
  if (!ready) {
    auto [stage, error] = std::move(ready).error();
    return fail(report, stage, kExitSlipwayFailed, std::move(error));
  }
  if (ready->fetched == FetchOutcome::kFailed) {
    (void)fail(report, "fetch", kExitSlipwayFailed, Error("not every URI could be fetched"));
    return {kExitSlipwayFailed, std::nullopt};
  }
  if (auto settled = settle_descriptors(std::move(ready->stdio), report); !settled) {
    return fail(report, "exec", kExitSlipwayFailed,
                std::move(settled).error().context("settling the descriptors"));
  }
  if (plan.replaced) tell_replaced(*plan.replaced, plan);
  auto path = find_program(plan.exec, plan.sandbox.path);
  if (!path) {
    auto [status, error] = std::move(path).error();
    return fail(report, "exec", status, std::move(error));
  }
  report.tell(Executing{mask_secrets(*path),
                        plan.exec.argv.empty() ? "" : mask_secrets(plan.exec.argv.front())});
  show_waterfall(report);
  if (supervised != nullptr) supervised->executing();
  auto failure = execute(*path, plan.exec);
  return fail(report, "exec", failure.status, std::move(failure.error));
}

}  // namespace slipway::launcher
