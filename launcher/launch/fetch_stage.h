// The fetch stage as the launcher sees it: a child process that is the task's user, confined, and
// becomes slipway-fetcher where it needs to.
#pragma once

#include <optional>
#include <string>

#include "fetcher/plan/fetch_plan.h"
#include "launcher/report/report.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/confine.h"
#include "sandbox/user.h"

namespace slipway::launcher {

// Where slipway-fetcher is: beside this slipway, by the layout of an installed prefix.
Result<std::string> fetcher_path();

struct FetchStage {
  const fetcher::FetchPlan& plan;
  const sandbox::User& user;
  std::optional<int> sandbox;  // borrowed; nothing: the cache is filled, and nothing is placed
  std::optional<Fd> cache;     // the cache's directory
  sandbox::Landlock landlock;
  Report& report;
};

enum class FetchOutcome {
  kPlaced,
  kFailed,  // nothing was placed, and why has been said, for each URI and in all
};

// Returns when everything is in place or nothing is, having said what was fetched and what failed.
// While it works, and standard error is a terminal, that shows how it gets on. An error: the stage
// as a whole could not do its work.
Result<FetchOutcome> run_fetch_stage(FetchStage stage);

}  // namespace slipway::launcher
