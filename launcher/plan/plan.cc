#include "launcher/plan/plan.h"

#include <algorithm>

#include "fetcher/work/tree_use.h"
#include "launcher/base/say.h"
#include "launcher/entry/executor_id.h"
#include "launcher/plan/lint.h"
#include "launcher/plan/plan_settings.h"
#include "launcher/plan/record.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

void warn_about_entry(const Entry& entry, Plan& plan) {
  for (const Lint& each : lint(entry)) {
    if (each.said == Lint::Said::kWhenChecked) continue;
    const bool of_command = each.part == Lint::Part::kValue || each.part == Lint::Part::kArguments;
    if (of_command && plan.replaced) continue;
    plan.warnings.push_back({each.code, with_remedy(each.what, each.remedy)});
  }
}

// A file that lands where a volume is mounted later would be hidden by it.
void warn_about_hidden_files(Plan& plan) {
  for (const auto& mounted : plan.mounts.steps) {
    const auto* attach = std::get_if<mounts::AttachVolume>(&mounted);
    const auto* target = attach ? std::get_if<sandbox::SandboxPath>(&attach->target) : nullptr;
    if (target == nullptr) continue;
    for (const auto& step : plan.fetch.steps) {
      if (target->contains(step.destination)) {
        plan.warnings.push_back(
            {MessageCode::kWarnHidden,
             cat(quote(step.uri.redacted()), " is placed at ", quote(step.shown_destination),
                 ", where the volume on ", quote(target->str()),
                 " will hide it: give one of them another place (output_file, container_path)")});
      }
    }
  }
}

// Of a volume: its index, where its container_path is one of the two files.
std::optional<std::size_t> volume_on_output(const mounts::MountStep& step,
                                            const sandbox::AbsolutePath& sandbox_dir) {
  const auto* attach = std::get_if<mounts::AttachVolume>(&step);
  if (attach == nullptr) return std::nullopt;
  if (const auto* inside = std::get_if<sandbox::SandboxPath>(&attach->target)) {
    return sandbox::is_output_file(*inside) ? std::optional(attach->volume) : std::nullopt;
  }
  const auto& target = std::get<sandbox::AbsolutePath>(attach->target);
  for (const char* name : {sandbox::kStdoutFile, sandbox::kStderrFile}) {
    if (sandbox_dir.child(name).contains(target)) return attach->volume;
  }
  return std::nullopt;
}

std::optional<Supervision> supervision_of(const Options& options) {
  if (!options.supervise) return std::nullopt;
  return Supervision{options.kill_after.value_or(kKillAfter)};
}

void check_command(const Entry& entry, const Options& options, std::vector<Remark>& problems) {
  if (!std::holds_alternative<NoCommand>(entry.command) || !options.replacement.empty()) return;
  if (options.purpose != Purpose::kRun || options.only_shown) return;
  problems.push_back(
      {MessageCode::kNoCommand,
       "a FetcherInfo has no command: 'slipway fetch' fetches it, or give a command after '--'"});
}

void check_stdio(const Plan& plan, std::vector<Remark>& problems) {
  if (plan.stdio == sandbox::Stdio::kInherit) return;
  constexpr std::string_view kTaken =
      ", where --stdio=sandbox puts the executor's output: choose another name";
  for (std::size_t i = 0; i < plan.fetch.steps.size(); ++i) {
    const auto& destination = plan.fetch.steps[i].destination;
    if (sandbox::is_output_file(destination)) {
      problems.push_back({MessageCode::kStdio, cat("uris[", i, "]: it would be placed at ",
                                                   quote(destination.str()), kTaken)});
    }
  }
  for (const auto& step : plan.mounts.steps) {
    if (const auto volume = volume_on_output(step, plan.sandbox.path)) {
      problems.push_back(
          {MessageCode::kStdio,
           cat("volume_mounts[", *volume, "]: its container_path is in the sandbox's ",
               quote(sandbox::kStdoutFile), " or ", quote(sandbox::kStderrFile), kTaken)});
    }
  }
}

std::string user_origin(const Entry& entry, const Options& options, const Survey& survey) {
  if (survey.reopened) return "the sandbox's owner";
  if (!options.user.empty()) return "--user";
  return entry.user ? "the entry's command.user" : "who started slipway";
}

std::string sandbox_origin(const Options& options, const Survey& survey) {
  if (survey.reopened) return "an earlier launch";
  if (!options.sandbox.empty()) return "--sandbox";
  return survey.sandbox.state == SandboxState::kAgents ? "MESOS_SANDBOX" : "";
}

std::string cache_origin(const Options& options, const Survey& survey) {
  if (!options.cache_dir.empty()) return "--cache-dir";
  if (survey.cache->origin == fetcher::PlaceOrigin::kOperator) return "SLIPWAY_CACHE_DIR";
  return survey.cache->shared_parent ? "the package's place for caches"
                                     : cat("the caller's ", survey.cache->variable);
}

// Which copies there were then, the report knows.
void note_earlier(const Entry& entry, Plan& plan) {
  plan.is_earlier = true;
  for (std::size_t i = 0; i < plan.fetch.steps.size(); ++i) {
    if (entry.uris[i].cache == fetcher::CacheUse::kYes) {
      plan.fetch.steps[i].reason = "its cache flag was true";
      plan.fetch.steps[i].keep_archive = false;
    }
  }
}

bool caches_archive(const Entry& entry, const fetcher::FetchPlan& plan) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].extract && entry.uris[i].cache == fetcher::CacheUse::kYes) return true;
  }
  return false;
}

// How what the cache has gets into the sandbox. For `fetch`, overlays are no matter of an error:
// the settings speak of launches.
void plan_materialization(const Entry& entry, const Options& options, const Survey& survey,
                          Plan& plan, std::vector<Remark>& problems) {
  auto ways = settings_in_force(options, survey.settings).materialize;
  const bool fetches_only = options.purpose == Purpose::kFetch && !options.prefetch;
  const bool no_archive = std::ranges::none_of(plan.fetch.steps, &fetcher::may_use_tree);
  // Without a cache no step may use one, whatever is asked for.
  const bool wanted = survey.cache ? !no_archive : caches_archive(entry, plan.fetch);
  if (ways.size() == 1 && (fetches_only || !wanted)) ways.push_back(fetcher::Way::kAuto);
  auto chosen = fetcher::choose_way(ways, survey.no_overlay);
  if (!chosen) {
    problems.push_back(
        {MessageCode::kMount, cat("--materialize=overlay cannot be had: ", chosen.error().message(),
                                  " (overlay,auto goes on without)")});
    return;
  }
  plan.fetch.materialization = *std::move(chosen);
  if (no_archive) plan.fetch.materialization.overlay = false;
  plan.must_have_cache = plan.fetch.materialization.overlay && ways.size() == 1;
  if (fetcher::uses_trees(plan.fetch.materialization)) return;
  for (fetcher::FetchStep& step : plan.fetch.steps) step.has_tree = false;
}

void plan_fetch(const Entry& entry, const Options& options, const Survey& survey, Plan& plan,
                std::vector<Remark>& problems) {
  auto fetch = fetcher::plan_fetches(entry.uris, options.cache_policy, survey.cache.has_value(),
                                     survey.copies);
  if (!fetch) {
    for (const auto& problem : fetch.error())
      problems.push_back({problem.code, cat("uris[", problem.uri, "]: ", problem.what)});
    return;
  }
  plan.fetch = *std::move(fetch);
  if (survey.reopened) return note_earlier(entry, plan);
  plan.fetch.extract_limits = survey.settings.extract;
  plan.fetch.transfers = settings_in_force(options, survey.settings).transfers;
  plan.fetch.cache_limits = survey.settings.cache;
  plan_materialization(entry, options, survey, plan, problems);
  if (fetcher::uses_cache(plan.fetch)) {
    plan.cache = survey.cache;
    plan.cache_from = cache_origin(options, survey);
  }
  // A launch has no time for what nobody reads.
  if (options.only_shown) {
    plan.settings = settings_that_count(options, survey.settings, plan.fetch);
  }
  if (options.prefetch && !survey.cache) {
    problems.push_back(
        {MessageCode::kCache, cat("there is no cache to fill, because ", survey.no_cache_reason,
                                  ": set SLIPWAY_CACHE_DIR or give --cache-dir")});
  } else if (wants_cache(entry) && !survey.cache && !options.no_cache) {
    plan.warnings.push_back(
        {MessageCode::kWarnCache, cat("going on without a cache, because ", survey.no_cache_reason,
                                      ": set SLIPWAY_CACHE_DIR or give --cache-dir")});
  }
}

void plan_mounts(const Entry& entry, const Survey& survey, Plan& plan,
                 std::vector<Remark>& problems) {
  const bool overlays = plan.fetch.materialization.overlay || survey.has_overlays;
  auto planned =
      mounts::plan_mounts(entry.volumes, survey.mounts, survey.sandbox.path, survey.privilege,
                          overlays ? mounts::OverlayUse::kYes : mounts::OverlayUse::kNo);
  if (planned) {
    plan.mounts = *std::move(planned);
    for (const auto& warning : plan.mounts.warnings)
      plan.warnings.push_back({MessageCode::kWarnMount, warning});
    return;
  }
  for (const auto& problem : planned.error()) {
    problems.push_back({code_of(Error(problem.error).as(MessageCode::kMountTarget)),
                        cat("volume_mounts[", problem.volume, "]: ", text_of(problem.error))});
  }
}

}  // namespace

std::string_view source_of(const Plan& plan, const sandbox::EnvVariable& variable) {
  const bool recorded = plan.is_earlier && variable.source == sandbox::EnvSource::kEntry;
  return recorded ? "recorded" : name_of(variable.source);
}

std::size_t volumes_of(const Plan& plan) {
  const auto count = std::ranges::count_if(plan.mounts.steps, [](const mounts::MountStep& step) {
    return std::holds_alternative<mounts::AttachVolume>(step);
  });
  return static_cast<std::size_t>(count);
}

bool has_overlays(const Plan& plan) {
  return std::ranges::any_of(plan.mounts.steps, [](const mounts::MountStep& step) {
    return std::holds_alternative<mounts::AttachOverlays>(step);
  });
}

Result<Plan, std::vector<Remark>> make_plan(const Entry& entry, const Options& options,
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
            survey.settings.require_landlock ? sandbox::Landlock::kRequired
                                             : sandbox::Landlock::kWherePossible,
            {},
            make_exec_spec(entry, options, survey),
            options.stdio,
            supervision_of(options)};
  plan.settings_file = survey.settings.source;
  plan.user_from = user_origin(entry, options, survey);
  plan.sandbox_from = sandbox_origin(options, survey);
  std::vector<Remark> problems;
  if (options.task_id) {
    if (const auto id = check_id(entry.task_prefix + *options.task_id); !id) {
      problems.push_back({MessageCode::kTaskId, cat("the executor id (task_prefix + --task-id): ",
                                                    id.error().message())});
    }
  }
  check_command(entry, options, problems);
  plan_fetch(entry, options, survey, plan, problems);
  if (options.purpose != Purpose::kFetch) plan_mounts(entry, survey, plan, problems);
  check_stdio(plan, problems);
  if (!problems.empty()) return problems;
  plan.replaced = replaced_command(entry, options, plan.exec);
  plan.at_prompt = options.purpose == Purpose::kShell && options.replacement.empty();
  if (!survey.reopened) {
    plan.record = make_record(entry, plan.task_user, plan.exec.environment,
                              plan.sandbox.is_agents ? Readers::kTheAgents : Readers::kItsUser);
  }
  warn_about_entry(entry, plan);
  warn_about_hidden_files(plan);
  return plan;
}

}  // namespace slipway::launcher
