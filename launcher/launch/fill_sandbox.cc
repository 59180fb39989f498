#include "launcher/launch/fill_sandbox.h"

#include <sys/stat.h>

#include <algorithm>

#include "fetcher/cache/cache.h"
#include "fetcher/work/tree_placement.h"
#include "launcher/base/say.h"
#include "launcher/plan/record.h"
#include "launcher/report/report_file.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

// The directory, after a look whether it can be a cache: the fetch stage would go on without.
Result<Fd> usable_cache(const fetcher::CachePlace& place, const sandbox::User& user) {
  Fd root = TRY(fetcher::make_cache_place(place, user));
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  TRY(fetcher::Cache::open(TRY(sys::duplicate(root.get())), user.uid));
  return root;
}

// The directory of a cache that is there, without a look: the survey had one, and who reads in it
// has another.
std::optional<Fd> cache_as_it_is(const Plan& plan) {
  auto opened = fetcher::open_cache_place(*plan.cache, plan.task_user);
  return opened ? *std::move(opened) : std::nullopt;
}

// The cache's directory. One that the operator named must be had, or one for overlays alone;
// without one of the rules' the launch goes on.
Result<std::optional<Fd>> get_cache(const Plan& plan) {
  if (!plan.cache) return std::optional<Fd>();
  if (!fetcher::needs_fetcher(plan.fetch)) {
    if (auto there = cache_as_it_is(plan)) return there;
  }
  auto made = usable_cache(*plan.cache, plan.task_user);
  if (made) return std::optional(*std::move(made));
  Error error = std::move(made).error().context(cat("the cache ", quote(plan.cache->path.str())));
  if (plan.cache->origin == fetcher::PlaceOrigin::kOperator)
    return std::move(error).as(MessageCode::kCache);
  if (plan.must_have_cache) {
    return std::move(error)
        .context("--materialize=overlay cannot be had")
        .hint("overlay,auto goes on without")
        .as(MessageCode::kMount);
  }
  say_warning(MessageCode::kWarnCache, cat("going on without a cache: ", error.message(),
                                           " (set SLIPWAY_CACHE_DIR or give --cache-dir)"));
  return std::optional<Fd>();
}

LaunchStarted first_event(const Plan& plan) {
  LaunchStarted event;
  event.executor = plan.executor;
  event.user = plan.task_user.name.empty() ? cat(plan.task_user.uid) : plan.task_user.name;
  event.sandbox = plan.sandbox.path.str();
  event.uris = plan.fetch.steps.size();
  event.volumes = volumes_of(plan);
  event.time = std::chrono::system_clock::now();
  return event;
}

// A launch without its report is still a launch.
void keep_report(const Plan& plan, const OpenSandbox& sandbox, Report& report) {
  if (!plan.record) return;
  auto file = create_report(sandbox.private_dir.get(), plan.task_user);
  if (file) return report.add(*std::move(file), Report::Detail::kWithoutProgress);
  say_warning(MessageCode::kWarnReport,
              cat("there will be no report in the sandbox: ", text_of(file.error())));
}

void warn_of_record(const Error& error) {
  say_warning(MessageCode::kWarnRecord,
              cat("'slipway shell' will not be able to reopen this sandbox: writing its record: ",
                  text_of(error)));
}

void note_record(const Plan& plan, const OpenSandbox& sandbox) {
  if (!plan.record) return;
  if (const LeftOut& left_out = plan.record->left_out; left_out.variables + left_out.uris != 0) {
    log::debug(cat("the record for 'slipway shell' leaves out ", left_out.variables,
                   " variables and ", left_out.uris,
                   " URIs that are not UTF-8 or, in an agent's sandbox, may be secret"));
  }
  const auto noted = note_attempt(sandbox.private_dir.get(), *plan.record, plan.task_user);
  if (!noted) warn_of_record(noted.error());
}

// With files the fetch stage does it, at the moment from which they do not hold any more.
Result<void> forget_earlier_overlays(const Plan& plan, const OpenSandbox& sandbox) {
  const auto as_user = TRY(sandbox::AsUser::enter(plan.task_user));
  return fetcher::forget_overlays(sandbox.private_dir.get());
}

}  // namespace

Result<OpenSandbox> begin_in_sandbox(const Plan& plan, Report& report) {
  ::umask(022);  // for what is made here, and for the executor: the caller's is not their business
  auto sandbox = open_sandbox(plan.sandbox, plan.task_user);
  if (sandbox) {
    keep_report(plan, *sandbox, report);
    note_record(plan, *sandbox);
  }
  report.tell(first_event(plan));
  if (sandbox && plan.sandbox.state == SandboxState::kTemporary) {
    log::info(cat("sandbox ", quote(plan.sandbox.path.str()), " (it is kept)"));
  }
  return sandbox;
}

Result<FetchOutcome> fill_sandbox(const Plan& plan, const OpenSandbox& sandbox,
                                  const std::optional<pid_t>& supervisor, Report& report) {
  if (plan.fetch.steps.empty()) {
    if (plan.record) TRY(forget_earlier_overlays(plan, sandbox));
    return FetchOutcome::kPlaced;
  }
  auto cache = TRY(get_cache(plan));
  if (supervisor) TRY(sandbox::die_with(*supervisor));
  return run_fetch_stage({plan.fetch, plan.task_user, sandbox.directory.get(), std::move(cache),
                          plan.landlock, report});
}

Result<FetchOutcome> fill_cache(const Plan& plan, Report& report) {
  ::umask(022);
  fetcher::FetchPlan through_cache = plan.fetch;
  std::erase_if(through_cache.steps, [](const fetcher::FetchStep& step) {
    if (step.decision != fetcher::CacheDecision::kDirect) return false;
    say_warning(MessageCode::kWarnCache,
                cat("not prefetched: ", quote(step.uri.redacted()), ": ", step.reason));
    return true;
  });
  auto first = first_event(plan);
  first.sandbox.clear();  // there will be none
  first.uris = through_cache.steps.size();
  report.tell(first);
  if (through_cache.steps.empty()) return FetchOutcome::kPlaced;
  auto cache = TRY(usable_cache(*plan.cache, plan.task_user)
                       .context(cat("the cache ", quote(plan.cache->path.str())))
                       .as(MessageCode::kCache));
  return run_fetch_stage(
      {through_cache, plan.task_user, std::nullopt, std::move(cache), plan.landlock, report});
}

void keep_record(const Plan& plan, const OpenSandbox& sandbox) {
  if (!plan.record) return;
  const auto kept = keep_attempt(sandbox.private_dir.get(), plan.task_user);
  if (!kept) warn_of_record(kept.error());
}

}  // namespace slipway::launcher
