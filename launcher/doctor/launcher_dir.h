// The directory that a Mesos agent is given as --launcher_dir: Mesos's own programs, with
// slipway-fetcher in the place of mesos-fetcher. Reads only, and may ask slipway-fetcher its
// version.
#pragma once

#include <vector>

#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

std::vector<Finding> examine_launcher_dir(const Options& options);

}  // namespace slipway::launcher
