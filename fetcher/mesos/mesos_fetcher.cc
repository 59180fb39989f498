#include "fetcher/mesos/mesos_fetcher.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "fetcher/mesos/mesos_fetcher_info.h"
#include "fetcher/mesos/mesos_flags.h"
#include "fetcher/mesos/mesos_log.h"
#include "fetcher/mesos/mesos_plan.h"
#include "fetcher/plan/settings.h"
#include "fetcher/transfer/network_secrets.h"
#include "fetcher/work/worker.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/private_dir.h"
#include "sandbox/settings.h"
#include "sandbox/user.h"

namespace slipway::fetcher {

namespace {

constexpr int kExitFailed = 1;

std::string_view variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

void say(const Error& error) {
  log::error(coded(error));
}

// Nothing where they cannot be had: every reason has been said.
std::optional<Settings> read_settings() {
  const auto text = sandbox::read_settings_file(kSettingsFile);
  if (!text) {
    if (text.error().is(std::errc::no_such_file_or_directory)) return Settings();
    say(Error(text.error()).context("the settings of this host").as(MessageCode::kSettings));
    return std::nullopt;
  }
  auto settings = parse_settings(*text, kSettingsFile);
  if (settings) return *std::move(settings);
  for (const std::string& problem : settings.error()) {
    log::error(coded(problem, MessageCode::kSettings));
  }
  return std::nullopt;
}

std::optional<MesosFetcherInfo> read_info(const std::string& text) {
  auto info = parse_fetcher_info(text);
  if (info) return *std::move(info);
  for (const auto& problem : info.error()) {
    log::error(coded(cat(kMesosFetcherInfo, problem.pointer.empty() ? "" : " ", problem.pointer,
                         ": ", problem.what),
                     MessageCode::kFetcherInfo));
  }
  return std::nullopt;
}

std::optional<MesosPlan> make_plan(const MesosFetcherInfo& info, Settings settings) {
  // The agent's --hadoop_home.
  if (const auto home = variable("HADOOP_HOME"); !home.empty()) {
    settings.transfers.network.hadoop_home = home;
  }
  auto plan = plan_mesos_fetch(info, settings);
  if (!plan) {
    for (const auto& problem : plan.error()) {
      log::error(coded(mesos_failure(problem.uri, problem.what), MessageCode::kUri));
    }
    return std::nullopt;
  }
  if (auto read = read_network_secrets(plan->requests, settings); !read) {
    say(read.error());
    return std::nullopt;
  }
  plan->fetch.transfers.network = settings.transfers.network;
  for (const std::string& warning : plan->warnings) {
    log::warning(coded(warning, MessageCode::kWarnFetch));
  }
  return *std::move(plan);
}

Result<sandbox::User> user_of(const MesosFetcherInfo& info) {
  // A number would pass whoever looks for the name of root in it (Mesos: getpwnam(3) only).
  return info.user ? sandbox::find_user_by_name(*info.user) : sandbox::calling_user();
}

// The agent's cache; nothing where no item needs it, or it cannot be had: then everything is
// fetched directly.
Fd make_cache(const MesosFetcherInfo& info, const FetchPlan& plan, const sandbox::User& user) {
  const bool wanted = std::ranges::any_of(
      plan.steps, [](const FetchStep& step) { return !step.agent_cache_file.empty(); });
  if (!wanted) return {};
  auto made = make_agent_cache(*info.cache_directory, user);
  if (made) return *std::move(made);
  log::warning(coded(cat("going on without the agent's cache ", quote(*info.cache_directory), ": ",
                         with_remedy(made.error().message(), made.error().remedy())),
                     MessageCode::kWarnCache));
  return {};
}

void fetch_directly(FetchPlan& plan) {
  for (FetchStep& step : plan.steps) {
    step.agent_cache_file.clear();
    step.decision = CacheDecision::kDirect;
  }
}

// For good: from here on the process is the task's user.
Result<void> become_task(const sandbox::User& user) {
  TRY(sandbox::become(user));
  // Root that stays root reads and writes files as it always does; nothing else is left to it.
  TRY(user.uid == 0 ? sandbox::keep_file_capabilities() : sandbox::drop_capabilities());
  // The secrets of the settings are used, not read, by the user's other processes.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return Error::system(errno, "prctl PR_SET_DUMPABLE");
  return {};
}

struct Place {
  Fd sandbox;
  Fd private_dir;  // holds the sandbox's lock
};

Result<Place> open_place(const std::string& sandbox) {
  Place place;
  place.sandbox = TRY(sys::open_at(AT_FDCWD, sandbox, O_RDONLY | O_DIRECTORY));
  place.private_dir = TRY(sandbox::make_private_dir(place.sandbox.get(), ::geteuid()));
  return place;
}

Result<void> confine(const Place& place, const Fd& cache, const FetchPlan& plan,
                     const Settings& settings) {
  sandbox::FetchConfinement allowed;
  allowed.writable_dirs.push_back(place.sandbox.get());
  if (cache) allowed.writable_dirs.push_back(cache.get());
  if (needs_hadoop(plan)) allowed.execution = sandbox::FetchConfinement::Execution::kAny;
  if (settings.require_landlock) allowed.landlock = sandbox::Landlock::kRequired;
  const auto outcome = TRY(sandbox::confine_fetch_stage(allowed));
  if (outcome == sandbox::LandlockOutcome::kUnavailable) {
    log::debug(cat(sandbox::kNoLandlock, ": what follows runs without"));
  }
  return {};
}

Result<Place> settle(const MesosFetcherInfo& info, const sandbox::User& user, const Fd& cache,
                     const FetchPlan& plan, const Settings& settings) {
  TRY(become_task(user)
          .context(cat("becoming the user ", quote(info.user.value_or(""))))
          .as(MessageCode::kBecome));
  auto place = TRY(open_place(info.sandbox_directory)
                       .context(cat("the sandbox ", quote(info.sandbox_directory)))
                       .as(MessageCode::kSandbox));
  TRY(confine(place, cache, plan, settings).context("confining the fetch"));
  return place;
}

Outcome fetch(const MesosFetcherInfo& info, FetchPlan plan, const Place& place, Fd cache) {
  std::optional<AgentCache> agents;
  if (cache) agents.emplace(std::move(cache));
  WorkOrder order;
  order.plan = std::move(plan);
  MesosLog events(order.plan, info.sandbox_directory);
  const auto outcome =
      perform(order, place.sandbox.get(), {Fd(), agents ? &*agents : nullptr}, events);
  // Nothing is left in it, unless another slipway has left something.
  (void)sys::unlink(place.sandbox.get(), sandbox::kPrivateDir, AT_REMOVEDIR).has_value();
  return outcome;
}

int carry_out(const std::string& text) {
  const auto settings = read_settings();
  const auto info = settings ? read_info(text) : std::nullopt;
  auto plan = info ? make_plan(*info, *settings) : std::nullopt;
  if (!plan) return kExitFailed;
  const auto user = user_of(*info);
  if (!user) {
    say(Error(user.error()).context("the user of the order").as(MessageCode::kUser));
    return kExitFailed;
  }
  Fd cache = make_cache(*info, plan->fetch, *user);
  if (!cache) fetch_directly(plan->fetch);
  const auto place = settle(*info, *user, cache, plan->fetch, *settings);
  if (!place) {
    say(place.error());
    return kExitFailed;
  }
  const auto outcome = fetch(*info, std::move(plan->fetch), *place, std::move(cache));
  return outcome == Outcome::kPlaced ? 0 : kExitFailed;
}

}  // namespace

int run_mesos_fetcher(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
  const auto invocation = parse_mesos_flags(arguments, &variable);
  if (std::holds_alternative<MesosHelp>(invocation)) {
    return sys::write_all(STDOUT_FILENO, mesos_usage()) ? 0 : kExitFailed;
  }
  if (const auto* misuse = std::get_if<MesosMisuse>(&invocation)) {
    log::error(coded(cat(misuse->what, "; see --help"), MessageCode::kUsage));
    return kExitFailed;
  }
  log::set_threshold(std::get<MesosFlags>(invocation).threshold);
  const std::string text(variable(kMesosFetcherInfo));
  // It may hold passwords, and the hadoop client inherits what is here.
  ::unsetenv(kMesosFetcherInfo);
  sandbox::forbid_core_dumps();
  return carry_out(text);
}

}  // namespace slipway::fetcher
