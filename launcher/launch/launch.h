// Performs a Plan: the ordered list of effects.
#pragma once

#include <optional>

#include "launcher/launch/supervise.h"
#include "launcher/plan/plan.h"
#include "launcher/report/report.h"
#include "sandbox/base/error.h"

namespace slipway::launcher {

struct LaunchFailure {
  int status;                  // exit status
  std::optional<Error> error;  // nothing where everything has been said
};

// Does not return where the executor runs; `report` is told what happens on the way. With a
// supervisor this process and the executor do not outlive it.
LaunchFailure launch(const Plan& plan, Report& report, const Supervised* supervised = nullptr);

}  // namespace slipway::launcher
