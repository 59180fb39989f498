// Where a signal goes that reaches a supervising slipway. Pure.
#pragma once

#include <csignal>

namespace slipway::launcher {

enum class Route {
  kReap,        // a child has ended
  kCallerGone,  // perhaps slipway's parent has ended
  kEnd,         // the tree is to end
  kStop,        // the group is to stop, and slipway with it
  kGroup,       // to the executor's process group: what a terminal sends to a group
  kExecutor,    // to the executor alone
  kNowhere,     // meant for slipway itself, or by slipway
};

// Of a signal that did not come from slipway itself. `code`: its si_code (sigaction(2)).
Route route_of(int signal, int code);

// The kernel sends it when slipway's parent ends; one of its own, because the same happens when
// merely the parent's *thread* that started slipway ends.
int caller_gone_signal();

}  // namespace slipway::launcher
