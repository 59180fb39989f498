// The fetch stage itself: fetches every URI of a work order, several at a time, into a staging area
// inside the sandbox, and only when all of them are there and verified puts them in place, in the
// order of the entry.
#pragma once

#include "fetcher/cache/agent_cache.h"
#include "fetcher/transfer/event_sink.h"
#include "fetcher/work/staging.h"
#include "fetcher/work/work_order.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// What the steps of an order may go through.
struct Caches {
  Fd own_root;                   // the directory of slipway's own cache, where the order has one
  AgentCache* agents = nullptr;  // borrowed; where a Mesos agent has ordered
};

// `sandbox` is borrowed. Ensures:
// kFailed means that nothing of the order stands in the sandbox under its final name, unless the
// sandbox itself failed while finished files were being renamed into place; every reason has been
// told. Of a prefetch there is no sandbox: kPlaced means that all of it is in the cache.
Outcome perform(const WorkOrder& order, int sandbox, Caches caches, EventSink& events);

}  // namespace slipway::fetcher
