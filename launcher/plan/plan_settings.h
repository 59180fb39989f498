// The settings that hold for one launch, as a plan shows them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fetcher/plan/settings.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

struct ShownSetting {
  std::string_view table;  // of the settings file: "fetch", "cache"
  std::string_view key;
  std::string value;  // without secrets
  std::string usual;  // the default
  std::string from;   // an option, or the settings file; empty: it is the default

  [[nodiscard]] bool is_usual() const { return from.empty(); }
};

// What the settings say, or the command line instead.
fetcher::Settings settings_in_force(const Options& options, const fetcher::Settings& settings);

// Those that count for what is fetched; `settings` are those of the file.
std::vector<ShownSetting> settings_that_count(const Options& options,
                                              const fetcher::Settings& settings,
                                              const fetcher::FetchPlan& fetch);

}  // namespace slipway::launcher
