// The first half of a launch: the sandbox, what is fetched into it, and what slipway leaves there.
#pragma once

#include <sys/types.h>

#include <optional>

#include "launcher/launch/fetch_stage.h"
#include "launcher/launch/sandbox_entry.h"
#include "launcher/plan/plan.h"
#include "launcher/report/report.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// Gets hold of the sandbox and begins the report, which from here on is left there too, unless the
// sandbox is reopened: it keeps the report of its launch.
Result<OpenSandbox> begin_in_sandbox(const Plan& plan, Report& report);

// Fetches what the plan says. With a supervisor, which is this process's parent, neither this
// process nor what it starts outlives it.
Result<FetchOutcome> fill_sandbox(const Plan& plan, const OpenSandbox& sandbox,
                                  const std::optional<pid_t>& supervisor, Report& report);

// Fetches what goes through the cache, and only into the cache: there is no sandbox.
Result<FetchOutcome> fill_cache(const Plan& plan, Report& report);

// What `slipway shell SANDBOX` needs. A launch without it is still a launch: there is a warning.
void keep_record(const Plan& plan, const OpenSandbox& sandbox);

}  // namespace slipway::launcher
