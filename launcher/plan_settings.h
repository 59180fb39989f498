// The settings that hold for one launch and are not the defaults, as a plan shows them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fetcher/settings.h"
#include "launcher/options.h"

namespace slipway::launcher {

struct ShownSetting {
  std::string_view table;  // of the settings file: "fetch", "cache"
  std::string_view key;
  std::string value;  // without secrets
  std::string usual;  // the default
  std::string from;   // an option, or the settings file
};

// What the settings say, or the command line instead.
fetcher::Settings settings_in_force(const Options& options, const fetcher::Settings& settings);

// `settings` are those of the file.
std::vector<ShownSetting> unusual_settings(const Options& options,
                                           const fetcher::Settings& settings);

}  // namespace slipway::launcher
