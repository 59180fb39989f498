// The groups "network" and "hadoop" of `slipway doctor`: what fetching finds on this host. The
// network itself is not touched, and the hadoop client not run.
#pragma once

#include <string_view>
#include <vector>

#include "launcher/doctor/finding.h"
#include "launcher/doctor/proxy_choice.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

// In a child process, which becomes the task's user.
std::vector<Finding> examine_network(const Options& options);
std::vector<Finding> examine_hadoop(const Options& options);

// Of the proxy for a scheme, or of none; of the hosts reached without. Neither shows a password.
// Pure.
Finding judge_proxy(std::string_view scheme, const ProxyChoice& choice);
Finding judge_exceptions(const ProxyChoice& choice);

}  // namespace slipway::launcher
