// The fetch stage as the launcher sees it: a child process that is the task's user, confined, and
// runs slipway-fetcher.
#pragma once

#include <optional>

#include "fetcher/fetch_plan.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::launcher {

struct FetchStage {
  const fetcher::FetchPlan& plan;
  const sandbox::User& user;
  int sandbox;              // borrowed
  std::optional<Fd> cache;  // the cache's directory
};

// Returns when everything is in place, having said what was fetched. An error: nothing was placed,
// and every reason that concerns one URI has been said.
Result<void> run_fetch_stage(FetchStage stage);

}  // namespace slipway::launcher
