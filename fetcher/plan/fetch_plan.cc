#include "fetcher/plan/fetch_plan.h"

#include <algorithm>
#include <map>

#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

struct Decided {
  CacheDecision decision;
  std::string reason;
};

Decided ask_or_fetch(const Uri& uri, const CachedCopy& copy) {
  if (uri.is_local()) {
    if (copy.local_unchanged) return {CacheDecision::kUse, "the source file is unchanged"};
    return {CacheDecision::kFill, "the source file has changed"};
  }
  if (copy.has_validator) {
    return {CacheDecision::kRevalidate, "asks the server whether the cached copy is current"};
  }
  return {CacheDecision::kFill, "the server gave no ETag or Last-Modified to ask with"};
}

Decided decide(const Uri& uri, const CachePolicy& policy, const CachedCopy& copy) {
  if (uri.pin() && !std::holds_alternative<Refresh>(policy)) {
    return {CacheDecision::kUse, "cached, and its checksum says that it is the right one"};
  }
  return std::visit(
      Overloaded{[&](const Revalidate&) { return ask_or_fetch(uri, copy); },
                 [&](const Immutable&) -> Decided {
                   return {CacheDecision::kUse, "cached, and the policy is immutable"};
                 },
                 [&](const Ttl& ttl) -> Decided {
                   if (copy.age <= ttl.age) {
                     return {CacheDecision::kUse,
                             cat("cached ", copy.age.count(), " s ago, within its ttl")};
                   }
                   return ask_or_fetch(uri, copy);
                 },
                 [&](const Refresh&) -> Decided {
                   return {CacheDecision::kFill, "the policy is refresh"};
                 },
                 [&](const Offline&) -> Decided {
                   return {CacheDecision::kUse, "cached, and the policy is offline"};
                 }},
      policy);
}

Result<void, std::string> decide_cache(FetchStep& step, const CachePolicy& policy,
                                       const std::optional<CachedCopy>& copy) {
  if (!copy) {
    if (!may_fetch(step.uri, std::holds_alternative<Offline>(policy))) {
      return cat(quote(step.uri.redacted()),
                 " is not in the cache, and --cache-policy=offline forbids to "
                 "fetch it: 'slipway fetch --prefetch' fills the cache");
    }
    step.decision = CacheDecision::kFill;
    step.reason = "not in the cache yet";
    return {};
  }
  auto [decision, reason] = decide(step.uri, policy, *copy);
  step.decision = decision;
  step.reason = std::move(reason);
  step.generation = copy->generation;
  step.has_tree = step.extract && copy->has_tree;
  return {};
}

Result<void, std::string> decide_direct(FetchStep& step, const CachePolicy& policy,
                                        CacheUse wanted) {
  if (!may_fetch(step.uri, std::holds_alternative<Offline>(policy))) {
    return cat(quote(step.uri.redacted()),
               " does not go through the cache, and --cache-policy=offline forbids to fetch it");
  }
  step.reason = wanted == CacheUse::kYes ? "there is no cache" : "its cache flag is false";
  return {};
}

FetchStep base_step(const UriRequest& request, sandbox::SandboxPath destination) {
  FetchStep step{request.uri, std::move(destination), {}, false, {},
                 true,        CacheDecision::kDirect, {}, {}};
  step.shown_destination =
      request.output_file ? request.output_file->str() : request.uri.shown_file_name();
  step.executable = request.treatment == Treatment::kExecutable;
  if (request.treatment == Treatment::kExtract) {
    step.extract = archive_format_of(step.destination.name());
  }
  return step;
}

}  // namespace

std::optional<std::size_t> Destinations::claim(const sandbox::SandboxPath& path,
                                               std::size_t number) {
  const std::string& name = path.str();
  for (std::size_t end = name.find('/'); end != std::string::npos; end = name.find('/', end + 1)) {
    if (const auto above = taken_.find(name.substr(0, end)); above != taken_.end()) {
      return above->second;
    }
  }
  const std::string below = name + "/";
  const auto next = taken_.lower_bound(below);
  if (next != taken_.end() && next->first.starts_with(below)) return next->second;
  const auto [there, is_new] = taken_.try_emplace(name, number);
  return is_new ? std::nullopt : std::optional(there->second);
}

std::string describe(const CachePolicy& policy) {
  return std::visit(Overloaded{[](const Revalidate&) { return std::string("revalidate"); },
                               [](const Immutable&) { return std::string("immutable"); },
                               [](const Ttl& ttl) { return cat("ttl=", ttl.age.count(), "s"); },
                               [](const Refresh&) { return std::string("refresh"); },
                               [](const Offline&) { return std::string("offline"); }},
                    policy);
}

std::string_view name_of(CacheDecision decision) {
  switch (decision) {
    case CacheDecision::kDirect:
      return "direct";
    case CacheDecision::kUse:
      return "use";
    case CacheDecision::kRevalidate:
      return "revalidate";
    case CacheDecision::kFill:
      return "fill";
  }
  return "";
}

Result<sandbox::SandboxPath> parse_output_file(std::string_view text) {
  if (text.ends_with('/')) return Error(cat(quote(text), ": ends in '/', so it names no file"));
  return sandbox::SandboxPath::parse(text);
}

Result<sandbox::SandboxPath> destination_of(const UriRequest& request) {
  if (request.output_file) return *request.output_file;
  const std::string& name = request.uri.file_name();
  if (name.empty()) return Error("ends in '/', so it has no file name: give it an output_file");
  if (auto path = sandbox::SandboxPath::parse(name)) return path;
  // The name may hold a query, and a query may hold a secret: only what may be shown is.
  return Error(cat(
      "has a file name, ", quote(request.uri.shown_file_name()),
      ", that cannot be one in the sandbox (it is too long, '.' or '..'): give it an output_file"));
}

bool files_meet(const FetchPlan& plan) {
  Destinations taken;
  return std::ranges::any_of(plan.steps, [&](const FetchStep& step) {
    return places_file(step) && taken.claim(step.destination, 0);
  });
}

std::string describe_treatment(const FetchStep& step) {
  if (step.executable) return "mode 0755, because executable is true";
  if (step.extract) {
    return cat("extracted as ", name_of(*step.extract),
               ", because its name ends so and extract is true",
               step.keep_archive ? "; kept beside it" : "; not kept: it comes through the cache");
  }
  return cat(step.uri.is_local() ? "the source's mode, at most 0755" : "mode 0644",
             archive_format_of(step.destination.name())
                 ? "; not extracted, because extract is false"
                 : "; not extracted: its name ends as no archive's does");
}

bool uses_cache(const FetchPlan& plan) {
  return std::ranges::any_of(
      plan.steps, [](const FetchStep& step) { return step.decision != CacheDecision::kDirect; });
}

bool extracts(const FetchPlan& plan) {
  return std::ranges::any_of(plan.steps,
                             [](const FetchStep& step) { return step.extract.has_value(); });
}

bool needs_fetcher(const FetchStep& step) {
  if ((step.extract && !step.has_tree) || !step.agent_cache_file.empty()) return true;
  const bool is_there = step.decision == CacheDecision::kDirect && step.uri.is_local();
  return step.decision != CacheDecision::kUse && !is_there;
}

bool needs_fetcher(const FetchPlan& plan) {
  return std::ranges::any_of(plan.steps, [](const FetchStep& step) { return needs_fetcher(step); });
}

bool needs_hadoop(const FetchPlan& plan) {
  return std::ranges::any_of(
      plan.steps, [](const FetchStep& step) { return step.uri.scheme() == Scheme::kHadoop; });
}

Result<FetchPlan, std::vector<FetchProblem>> plan_fetches(
    std::span<const UriRequest> requests, const CachePolicy& policy, bool cache_available,
    std::span<const std::optional<CachedCopy>> copies) {
  FetchPlan plan;
  plan.offline = std::holds_alternative<Offline>(policy);
  Destinations taken;
  std::vector<FetchProblem> problems;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const UriRequest& request = requests[i];
    auto destination = destination_of(request);
    if (!destination) {
      problems.push_back({i, cat(quote(request.uri.redacted()), " ", destination.error().message()),
                          MessageCode::kUri});
      continue;
    }
    FetchStep step = base_step(request, *std::move(destination));
    if (sandbox::is_private(step.destination)) {
      problems.push_back(
          {i, cat(quote(step.shown_destination), " is slipway's own place in the sandbox"),
           MessageCode::kOutputFile});
      continue;
    }
    const bool cached = request.cache == CacheUse::kYes && cache_available;
    step.keep_archive = !cached || !step.extract;
    const auto decided =
        cached ? decide_cache(step, policy, copies[i]) : decide_direct(step, policy, request.cache);
    if (!decided) {
      problems.push_back({i, decided.error(), MessageCode::kFetchOffline});
      continue;
    }
    // In Mesos the order is undefined and one of them is lost.
    const auto other = places_file(step) ? taken.claim(step.destination, i) : std::nullopt;
    if (other) {
      problems.push_back(
          {i, cat(quote(step.uri.redacted()), " would be placed at ", quote(step.shown_destination),
                  ", where ", quote(requests[*other].uri.redacted()),
                  " goes already: give one of them another output_file")});
      continue;
    }
    plan.steps.push_back(std::move(step));
  }
  if (!problems.empty()) return problems;
  return plan;
}

}  // namespace slipway::fetcher
