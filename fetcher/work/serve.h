// The fetch stage of a plan whose files are all on this host: no network, no archive, and so none
// of the libraries that slipway-fetcher is there for.
#pragma once

#include "fetcher/transfer/event_sink.h"
#include "fetcher/work/staging.h"
#include "fetcher/work/work_order.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

enum class Served {
  kPlaced,  // as Outcome has it
  kFailed,
  // Something is missing, damaged, or not as it was: nothing stands in the sandbox yet. The order's
  // states say how far it has come, and slipway-fetcher goes on from there.
  kUnfinished,
};

// Carries out an order of which no step needs slipway-fetcher. Several steps at a time; what it
// tells is what slipway-fetcher would tell. `sandbox` is borrowed; `cache_root` is the cache's
// directory where the order has one. For the process that has become the task's user.
Served serve(WorkOrder& order, int sandbox, Fd cache_root, EventSink& events);

}  // namespace slipway::fetcher
