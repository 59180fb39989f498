// Options → a Plan: what `run`, `plan` and `fetch` have in common.
#pragma once

#include <optional>

#include "launcher/plan/options.h"
#include "launcher/plan/plan.h"

namespace slipway::launcher {

// Reads the settings and the entry, surveys the world and plans; changes nothing. Nothing where
// there is no plan to be had: every reason has been said.
std::optional<Plan> prepare(const Options& options);

}  // namespace slipway::launcher
