#include "launcher/launch/prepare.h"

#include "launcher/base/say.h"
#include "launcher/launch/reopen.h"
#include "launcher/plan/entry_source.h"
#include "launcher/plan/settings_source.h"
#include "launcher/plan/survey.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

std::optional<Plan> plan_with(const Entry& entry, const Options& options,
                              const Result<Survey>& surveyed) {
  if (!surveyed) {
    say(surveyed.error());
    return std::nullopt;
  }
  auto plan = make_plan(entry, options, *surveyed);
  if (!plan) {
    for (const Remark& problem : plan.error())
      say_error(problem.code, cat("executor ", quote(entry.name), ": ", problem.text));
    return std::nullopt;
  }
  return *std::move(plan);
}

// Relative paths are below the operator's frameworks_home (Mesos).
Result<void> find_relative_uris(Entry& entry, const fetcher::Settings& settings) {
  for (std::size_t i = 0; i < entry.uris.size(); ++i) {
    fetcher::Uri& uri = entry.uris[i].uri;
    if (!uri.is_relative()) continue;
    if (settings.frameworks_home.empty()) {
      return Error(cat("executor ", quote(entry.name), ": uris[", i, "]: ", quote(uri.redacted()),
                       " is a relative path, and no directory is set that it could be below"))
          .hint("write the absolute path, or set frameworks_home under [fetch] in the settings")
          .as(MessageCode::kUri);
    }
    uri = TRY(uri.below(settings.frameworks_home));
  }
  return {};
}

}  // namespace

std::optional<Plan> prepare(const Options& options) {
  if (names_sandbox(options)) {
    auto found = reopen(options);
    if (!found) return std::nullopt;
    return plan_with(found->record, options,
                     survey_again(found->record, options, std::move(found->sandbox),
                                  std::move(found->owner), found->caller));
  }
  auto settings = load_settings(options);
  if (!settings) return std::nullopt;
  auto entry = load_entry(options);
  if (!entry) return std::nullopt;
  if (const auto found = find_relative_uris(*entry, *settings); !found) {
    say(found.error());
    return std::nullopt;
  }
  return plan_with(*entry, options, survey(*entry, options, *std::move(settings)));
}

}  // namespace slipway::launcher
