#include "fetcher/mesos/mesos_plan.h"

#include <algorithm>
#include <chrono>

#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"
#include "sandbox/stdio.h"

namespace slipway::fetcher {

namespace {

using std::chrono::milliseconds;
using Item = MesosFetcherInfo::Item;
using Action = MesosFetcherInfo::Action;

// Longer than anybody waits: where the agent has turned the timer off.
constexpr milliseconds kNever = std::chrono::hours(24 * 365);

Result<Uri> read_uri(const Item& item, const std::string& frameworks_home) {
  Uri uri = TRY(Uri::parse(item.uri));
  if (!uri.is_relative()) return uri;
  if (frameworks_home.empty()) {
    return Error(
        "is a relative path, and neither the agent's --frameworks_home nor frameworks_home under "
        "[fetch] in slipway's settings says below what: set one of them, or use an absolute path");
  }
  if (!frameworks_home.starts_with('/')) {
    return Error(
        "is a relative path, and frameworks_home (the agent's flag, else that under [fetch] in "
        "slipway's settings) is no absolute one: let it begin with '/'");
  }
  return uri.below(frameworks_home);
}

Result<UriRequest> read_request(const Item& item, const std::string& frameworks_home) {
  UriRequest request{TRY(read_uri(item, frameworks_home)), {}};
  if (item.output_file) {
    request.output_file = TRY(parse_output_file(*item.output_file).context("its output_file"));
  }
  // Executable beats extract (Mesos).
  request.treatment = item.executable ? Treatment::kExecutable
                      : item.extract  ? Treatment::kExtract
                                      : Treatment::kPlain;
  return request;
}

// The agent's cache is one flat directory.
Result<std::string> cache_file(const MesosFetcherInfo& info, const Item& item) {
  if (!info.cache_directory) return Error("is to be cached, but there is no cache_directory");
  if (!item.cache_filename) return Error("is to be cached, but there is no cache_filename");
  const auto name =
      TRY(sandbox::SandboxPath::parse(*item.cache_filename).context("its cache_filename"));
  if (name.components().size() != 1) return Error("its cache_filename is more than a name");
  return name.str();
}

std::string judged_name(const UriRequest& request, const FetchStep& step) {
  if (step.agent_cache_file.empty()) return step.destination.name();
  return request.uri.pin() ? request.uri.file_name() : step.agent_cache_file;
}

Result<FetchStep> make_step(const MesosFetcherInfo& info, const Item& item,
                            const UriRequest& request) {
  auto destination = TRY(destination_of(request));
  FetchStep step{request.uri,
                 std::move(destination),
                 {},
                 item.executable,
                 {},
                 true,
                 CacheDecision::kDirect,
                 {},
                 {}};
  if (sandbox::is_private(step.destination)) {
    return Error(cat("would be placed at ", quote(sandbox::kPrivateDir),
                     ", slipway's own place in the sandbox"));
  }
  step.shown_destination =
      request.output_file ? request.output_file->str() : request.uri.shown_file_name();
  if (item.action != Action::kBypassCache) {
    step.agent_cache_file = TRY(cache_file(info, item));
    step.decision =
        item.action == Action::kRetrieveFromCache ? CacheDecision::kUse : CacheDecision::kFill;
  }
  if (request.treatment == Treatment::kExtract) {
    step.extract = mesos_archive_format_of(judged_name(request, step));
  }
  step.keep_archive = step.agent_cache_file.empty() || !step.extract;
  return step;
}

void apply(const MesosFetcherInfo& info, const Settings& settings, FetchPlan& plan) {
  plan.extract_limits = settings.extract;
  plan.transfers = settings.transfers;
  if (!info.stall_timeout_ns) return;
  // Mesos takes whole seconds, and none for no timer.
  // It is the network's: for its hadoop client mesos-fetcher waits for ever.
  plan.transfers.client_stall = kNever;
  const auto stall =
      std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(*info.stall_timeout_ns));
  plan.transfers.limits.stall =
      *info.stall_timeout_ns <= 0 ? kNever : std::clamp(stall, milliseconds(1), kNever);
}

void warn(const FetchStep& step, MesosPlan& plan) {
  if (!places_file(step) || !sandbox::is_output_file(step.destination)) return;
  plan.warnings.push_back(cat(quote(step.uri.redacted()), " takes the place of the sandbox's ",
                              quote(step.shown_destination), ", to which the task's output goes"));
}

// Two files at one path are Mesos's way to replace one; a file cannot stand where the other needs a
// directory.
void check_places(MesosPlan& plan, std::vector<MesosProblem>& problems) {
  Destinations taken;
  bool replaced = false;
  for (std::size_t i = 0; i < plan.fetch.steps.size(); ++i) {
    const FetchStep& step = plan.fetch.steps[i];
    const auto earlier = places_file(step) ? taken.claim(step.destination, i) : std::nullopt;
    if (!earlier) continue;
    const FetchStep& other = plan.fetch.steps[*earlier];
    replaced = replaced || other.destination == step.destination;
    if (other.destination == step.destination) continue;
    problems.push_back(
        {step.uri.redacted(),
         cat("goes to ", quote(step.shown_destination), " and ", quote(other.uri.redacted()),
             " to ", quote(other.shown_destination),
             ": one of the two would have to be a directory; give it another output_file")});
  }
  if (!replaced) return;
  plan.warnings.emplace_back("several URIs go to one path in the sandbox: the last one stays");
}

}  // namespace

Result<MesosPlan, std::vector<MesosProblem>> plan_mesos_fetch(const MesosFetcherInfo& info,
                                                              const Settings& settings) {
  const std::string& home = info.frameworks_home && !info.frameworks_home->empty()
                                ? *info.frameworks_home
                                : settings.frameworks_home;
  MesosPlan plan;
  std::vector<MesosProblem> problems;
  for (const Item& item : info.items) {
    auto request = read_request(item, home);
    auto step = request ? make_step(info, item, *request) : Result<FetchStep>(request.error());
    if (!step) {
      problems.push_back({redact_uri(item.uri), step.error().message()});
      continue;
    }
    warn(*step, plan);
    plan.fetch.steps.push_back(*std::move(step));
    plan.requests.push_back(*std::move(request));
  }
  check_places(plan, problems);
  if (!problems.empty()) return problems;
  apply(info, settings, plan.fetch);
  return plan;
}

}  // namespace slipway::fetcher
