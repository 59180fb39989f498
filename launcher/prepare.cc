#include "launcher/prepare.h"

#include "launcher/entry_source.h"
#include "launcher/reopen.h"
#include "launcher/say.h"
#include "launcher/settings_source.h"
#include "launcher/survey.h"
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
    for (const std::string& problem : plan.error())
      log::error(cat("executor ", quote(entry.name), ": ", problem));
    return std::nullopt;
  }
  return *std::move(plan);
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
  const auto entry = load_entry(options);
  if (!entry) return std::nullopt;
  return plan_with(*entry, options, survey(*entry, options, *std::move(settings)));
}

}  // namespace slipway::launcher
