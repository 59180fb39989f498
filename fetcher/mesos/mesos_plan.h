// What a Mesos agent orders of its fetcher, as steps of ours: the rules of mesos-fetcher
// (src/launcher/fetcher.cpp) where they are not its mistakes. Pure.
#pragma once

#include <string>
#include <vector>

#include "fetcher/mesos/mesos_fetcher_info.h"
#include "fetcher/plan/fetch_plan.h"
#include "fetcher/plan/settings.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct MesosProblem {
  std::string uri;  // as it may be shown
  std::string what;
};

struct MesosPlan {
  FetchPlan fetch;                   // without the network's secrets
  std::vector<UriRequest> requests;  // one for each step
  std::vector<std::string> warnings;
};

// Items stay in their order, in which they are placed: of two files with one path the later one
// stays; one below the other is a problem. Whether something is unpacked is judged by the suffixes
// of Mesos, and by the name that Mesos judges by: that of the file, or of the agent's cached one
// (of a URI with a checksum: its own, for the agent takes the checksum for a part of the name). A
// cached archive does not stay. The agent's stall_timeout, down to the millisecond, and
// frameworks_home come before the settings. Errors: every item that cannot be fetched.
Result<MesosPlan, std::vector<MesosProblem>> plan_mesos_fetch(const MesosFetcherInfo& info,
                                                              const Settings& settings);

}  // namespace slipway::fetcher
