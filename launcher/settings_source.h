// Getting the settings: which file, reading it, and telling what is wrong with it.
#pragma once

#include <optional>

#include "launcher/options.h"
#include "launcher/settings.h"

namespace slipway::launcher {

// May be missing, which leaves all defaults; nothing else may keep it from being read.
inline constexpr char kSettingsFile[] = "/etc/slipway/slipway.toml";

// Reads the file that --settings names, which must exist, else kSettingsFile. Nothing where the
// settings cannot be had: every reason has been said.
std::optional<Settings> load_settings(const Options& options);

}  // namespace slipway::launcher
