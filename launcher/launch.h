// Performs a Plan: the ordered list of effects.
#pragma once

#include <optional>

#include "launcher/plan.h"
#include "sandbox/base/error.h"

namespace slipway::launcher {

struct LaunchFailure {
  int status;                  // exit status
  std::optional<Error> error;  // nothing where everything has been said
};

// Does not return where the executor runs.
LaunchFailure launch(const Plan& plan);

}  // namespace slipway::launcher
