#include "launcher/launch.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetcher/cache.h"
#include "launcher/exec.h"
#include "launcher/exit_status.h"
#include "launcher/fetch_stage.h"
#include "launcher/paste_line.h"
#include "launcher/record.h"
#include "launcher/sandbox_entry.h"
#include "launcher/say.h"
#include "mounts/apply.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/stdio.h"

namespace slipway::launcher {

namespace {

// The directory, after a look whether it can be a cache: the fetch stage would go on without.
Result<Fd> usable_cache(const fetcher::CachePlace& place, const sandbox::User& user) {
  Fd root = TRY(fetcher::make_cache_place(place, user));
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  TRY(fetcher::Cache::open(TRY(sys::duplicate(root.get())), user.uid));
  return root;
}

// The cache's directory. One that the operator named must be had; without one of the rules' the
// launch goes on.
Result<std::optional<Fd>> get_cache(const Plan& plan) {
  if (!plan.cache) return std::optional<Fd>();
  auto made = usable_cache(*plan.cache, plan.task_user);
  if (made) return std::optional(*std::move(made));
  Error error = std::move(made).error().context(cat("the cache ", quote(plan.cache->path.str())));
  if (plan.cache->origin == fetcher::PlaceOrigin::kOperator) return error;
  log::warning(cat("going on without a cache: ", error.message(),
                   " (set SLIPWAY_CACHE_DIR or give --cache-dir)"));
  return std::optional<Fd>();
}

// Where there is a supervisor: not without it. Said again after whatever makes the kernel forget.
Result<void> stay_with(const std::optional<pid_t>& supervisor) {
  return supervisor ? sandbox::die_with(*supervisor) : Result<void>();
}

Result<FetchOutcome> fetch(const Plan& plan, const OpenSandbox& sandbox,
                           const std::optional<pid_t>& supervisor) {
  if (plan.fetch.steps.empty()) return FetchOutcome::kPlaced;
  auto cache = TRY(get_cache(plan));
  TRY(stay_with(supervisor));
  return run_fetch_stage(
      {plan.fetch, plan.task_user, sandbox.directory.get(), std::move(cache), plan.landlock});
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
Result<Fd> mount(const Plan& plan, const OpenSandbox& sandbox) {
  if (plan.mounts.steps.empty()) return sys::duplicate(sandbox.directory.get());
  auto applied =
      TRY(mounts::apply(plan.mounts, sandbox.directory.get(), plan.sandbox.path, plan.task_user));
  if (applied.without_user_namespace) {
    log::warning(cat("a mount namespace only, without a user namespace: ",
                     text_of(*applied.without_user_namespace)));
  }
  return std::move(applied.sandbox);
}

// A launch without its record is still a launch.
void keep_record(const Plan& plan, const OpenSandbox& sandbox) {
  if (!plan.record) return;
  if (plan.record->left_out != 0) {
    log::debug(cat("the record for 'slipway shell' leaves out ", plan.record->left_out,
                   " variables that are not UTF-8"));
  }
  const auto left = leave_record(sandbox.private_dir.get(), *plan.record, plan.task_user);
  if (left) return;
  log::warning(cat("'slipway shell' will not be able to reopen this sandbox: writing its record: ",
                   text_of(left.error())));
}

// What would have run here, for whoever stands at the prompt now. The line has no program name in
// front, so that it can be taken as it is.
void tell_replaced(const ExecSpec& spec, const sandbox::AbsolutePath& sandbox_dir) {
  if (!log::shows(log::Level::kInfo)) return;
  const auto path = find_program(spec, sandbox_dir);
  if (!path) {
    log::info(cat("the entry's own command cannot run: ", text_of(path.error().error)));
    return;
  }
  const auto line = paste_line(spec, *path, sandbox_dir);
  log::info(cat("the entry's own command, as it can be typed in the sandbox",
                line.needs_bash ? " (in bash):" : ":"));
  // A reader that has gone away is no reason to fail a launch.
  if (!sys::write_all(STDERR_FILENO, line.text + '\n')) return;
}

Result<void> enter(const Fd& directory) {
  if (::fchdir(directory.get()) != 0) return Error::system(errno, "fchdir");
  return {};
}

// Leaves the executor what it shall have, and slipway its former standard error for messages. Every
// descriptor of ours must be closed by now, the sandbox's lock with them: what is left is the
// caller's.
Result<void> settle_descriptors(std::optional<sandbox::StdioFiles> stdio) {
  if (!stdio) return sandbox::close_from(STDERR_FILENO + 1);
  const int messages = TRY(sandbox::redirect(*stdio)).release();
  stdio.reset();
  log::set_descriptor(messages);
  return sandbox::close_from_but(STDERR_FILENO + 1, messages);
}

struct Ready {
  FetchOutcome fetched = FetchOutcome::kPlaced;  // kFailed: and nothing came after it
  std::optional<sandbox::StdioFiles> stdio;
};

// Everything but what concerns the descriptors.
Result<Ready> make_ready(const Plan& plan, const std::optional<pid_t>& supervisor) {
  ::umask(022);  // for what is made here, and for the executor: the caller's is not their business
  auto sandbox = TRY(open_sandbox(plan.sandbox, plan.task_user));
  if (plan.sandbox.state == SandboxState::kTemporary) {
    log::info(cat("sandbox ", quote(plan.sandbox.path.str()), " (it is kept)"));
  }
  if (TRY(fetch(plan, sandbox, supervisor).context("fetching")) == FetchOutcome::kFailed) {
    return Ready{FetchOutcome::kFailed, std::nullopt};
  }
  keep_record(plan, sandbox);
  Ready ready;
  if (plan.stdio == sandbox::Stdio::kSandbox) {
    ready.stdio = TRY(sandbox::open_stdio(sandbox.directory.get(), plan.task_user)
                          .context("the executor's output"));
  }
  TRY(stay_with(supervisor));
  const Fd directory = TRY(mount(plan, sandbox).context("mounting"));
  TRY(enter(directory).context("entering the sandbox"));
  TRY(become_task(plan).context("becoming the task's user"));
  TRY(stay_with(supervisor));
  return ready;
}

}  // namespace

LaunchFailure launch(const Plan& plan, std::optional<pid_t> supervisor) {
  auto ready = make_ready(plan, supervisor);
  if (!ready) return {kExitSlipwayFailed, std::move(ready).error()};
  if (ready->fetched == FetchOutcome::kFailed) return {kExitSlipwayFailed, std::nullopt};
  if (auto settled = settle_descriptors(std::move(ready->stdio)); !settled) {
    return {kExitSlipwayFailed, std::move(settled).error().context("settling the descriptors")};
  }
  if (plan.replaced) tell_replaced(*plan.replaced, plan.sandbox.path);
  auto failure = execute(plan.exec, plan.sandbox.path);
  return {failure.status, std::move(failure.error)};
}

}  // namespace slipway::launcher
