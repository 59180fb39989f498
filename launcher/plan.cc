#include "launcher/plan.h"

#include <algorithm>

#include "launcher/executor_id.h"
#include "launcher/record.h"
#include "launcher/say.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

void warn_about_command(const Entry& entry, Plan& plan) {
  const auto* program = std::get_if<ProgramCommand>(&entry.command);
  if (program == nullptr || plan.replaced) return;
  if (first_argument_looks_misplaced(*program)) {
    plan.warnings.push_back(
        cat("arguments[0] ", quote(program->arguments.front()), " becomes argv[0] of ",
            quote(program->value),
            ", not its first argument: put the program's name in front of the arguments"));
  }
}

void warn_about_archives(const Entry& entry, Plan& plan) {
  for (const auto& request : entry.uris) {
    const auto destination = fetcher::destination_of(request);
    if (destination && request.treatment == fetcher::Treatment::kExecutable &&
        fetcher::archive_format_of(destination->name())) {
      plan.warnings.push_back(
          cat(quote(request.uri.redacted()),
              " is executable, so it is not extracted although it is an archive"));
    }
  }
}

// A file that lands where a volume is mounted later would be hidden by it.
void warn_about_hidden_files(const Entry& entry, Plan& plan) {
  for (const auto& volume : entry.volumes) {
    const auto* target = std::get_if<sandbox::SandboxPath>(&volume.container_path);
    if (target == nullptr) continue;
    for (const auto& step : plan.fetch.steps) {
      if (target->contains(step.destination)) {
        plan.warnings.push_back(cat(quote(step.uri.redacted()), " is placed at ",
                                    quote(step.shown_destination), ", where the volume on ",
                                    quote(target->str()), " will hide it"));
      }
    }
  }
}

bool uses_cache(const fetcher::FetchPlan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const fetcher::FetchStep& step) {
    return step.decision != fetcher::CacheDecision::kDirect;
  });
}

void plan_fetch(const Entry& entry, const Options& options, const Survey& survey, Plan& plan,
                std::vector<std::string>& problems) {
  auto fetch = fetcher::plan_fetches(entry.uris, options.cache_policy, survey.cache.has_value(),
                                     survey.copies);
  if (!fetch) {
    for (const auto& problem : fetch.error())
      problems.push_back(cat("uris[", problem.uri, "]: ", problem.what));
    return;
  }
  plan.fetch = *std::move(fetch);
  if (uses_cache(plan.fetch)) plan.cache = survey.cache;
  if (wants_cache(entry) && !survey.cache && !options.no_cache) {
    plan.warnings.push_back(cat("going on without a cache, because ", survey.no_cache_reason,
                                ": set SLIPWAY_CACHE_DIR or give --cache-dir"));
  }
}

void plan_mounts(const Entry& entry, const Survey& survey, Plan& plan,
                 std::vector<std::string>& problems) {
  auto planned =
      mounts::plan_mounts(entry.volumes, survey.mounts, survey.sandbox.path, survey.privilege);
  if (planned) {
    plan.mounts = *std::move(planned);
    return;
  }
  for (const auto& problem : planned.error()) {
    problems.push_back(cat("volume_mounts[", problem.volume, "]: ", text_of(problem.error)));
  }
}

}  // namespace

Result<Plan, std::vector<std::string>> make_plan(const Entry& entry, const Options& options,
                                                 const Survey& survey) {
  Plan plan{entry.name,
            entry.task_prefix,
            entry.resources,
            survey.sandbox,
            survey.task_user,
            survey.privilege,
            {},
            fetcher::describe(options.cache_policy),
            {},
            {},
            make_exec_spec(entry, options, survey),
            {}};
  std::vector<std::string> problems;
  if (options.task_id) {
    if (const auto id = check_id(entry.task_prefix + *options.task_id); !id) {
      problems.push_back(cat("the executor id (task_prefix + --task-id): ", id.error().message()));
    }
  }
  plan_fetch(entry, options, survey, plan, problems);
  plan_mounts(entry, survey, plan, problems);
  if (!problems.empty()) return problems;
  plan.replaced = replaced_command(entry, options, plan.exec);
  if (!survey.reopened) plan.record = make_record(entry, plan.task_user, plan.exec.environment);
  warn_about_command(entry, plan);
  warn_about_archives(entry, plan);
  warn_about_hidden_files(entry, plan);
  return plan;
}

}  // namespace slipway::launcher
