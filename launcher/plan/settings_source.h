// Getting the settings: which file, reading it, and telling what is wrong with it.
#pragma once

#include <optional>

#include "fetcher/plan/settings.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

// Reads the file that --settings names, which must exist, else the host's. Nothing where the
// settings cannot be had: every reason has been said.
std::optional<fetcher::Settings> load_settings(const Options& options);

}  // namespace slipway::launcher
