#include "launcher/prepare.h"

#include "launcher/entry_source.h"
#include "launcher/say.h"
#include "launcher/survey.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

std::optional<Plan> prepare(const Options& options) {
  const auto entry = load_entry(options);
  if (!entry) return std::nullopt;
  const auto surveyed = survey(*entry, options);
  if (!surveyed) {
    say(surveyed.error());
    return std::nullopt;
  }
  auto plan = make_plan(*entry, options, *surveyed);
  if (!plan) {
    for (const std::string& problem : plan.error())
      log::error(cat("executor ", quote(entry->name), ": ", problem));
    return std::nullopt;
  }
  return *std::move(plan);
}

}  // namespace slipway::launcher
