// The part of the group "network" of `slipway doctor` that tells whom TLS will trust.
#pragma once

#include <vector>

#include "launcher/doctor/doctor_host.h"
#include "launcher/doctor/finding.h"

namespace slipway::launcher {

// With the task's rights already. slipway itself knows no TLS: this looks at files only.
std::vector<Finding> examine_authorities(const HostView& host);

}  // namespace slipway::launcher
