// slipway-fetcher in the place of mesos-fetcher: started by a Mesos agent, mostly as root, with its
// order in the environment.
#pragma once

namespace slipway::fetcher {

// The order's variable. Whoever has it is taken for an agent, whatever the program's name: an agent
// starts the real path of LAUNCHER_DIR/mesos-fetcher.
inline constexpr char kMesosFetcherInfo[] = "MESOS_FETCHER_INFO";

// Carries the order out and says what became of it on standard error. Returns the exit status: 0
// where everything stands in the sandbox, 1 where nothing of it does, or a flag is wrong.
// Everything that touches hostile bytes runs as the order's user, confined as the fetch stage of
// slipway is.
int run_mesos_fetcher(int argc, char** argv);

}  // namespace slipway::fetcher
