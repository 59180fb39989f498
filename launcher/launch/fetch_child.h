// The process of the fetch stage: the task's user, confined. It serves what is on this host itself,
// and becomes slipway-fetcher for everything else.
#pragma once

#include <sys/types.h>

#include "fetcher/work/work_order.h"
#include "launcher/launch/fetch_stage.h"
#include "sandbox/base/fd.h"

namespace slipway::launcher {

// The whole life of a child of `parent`. Its events go to the pipe `events`.
[[noreturn]] void run_fetch_child(const FetchStage& stage, fetcher::WorkOrder order,
                                  const Fd& events, pid_t parent);

}  // namespace slipway::launcher
