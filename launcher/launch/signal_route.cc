#include "launcher/launch/signal_route.h"

#include <signal.h>

namespace slipway::launcher {

namespace {

struct Row {
  int signal;
  Route route;
};

constexpr Row kRoutes[] = {
    {SIGCHLD, Route::kReap},
    {SIGTERM, Route::kEnd},
    {SIGINT, Route::kGroup},
    {SIGQUIT, Route::kGroup},
    {SIGHUP, Route::kGroup},
    {SIGWINCH, Route::kGroup},
    {SIGCONT, Route::kGroup},
    // The executor's session has no terminal, so its groups are orphaned and these three would be
    // discarded there (setpgid(2)).
    {SIGTSTP, Route::kStop},
    {SIGTTIN, Route::kStop},
    {SIGTTOU, Route::kStop},
};

}  // namespace

int caller_gone_signal() {
  return SIGRTMAX;
}

Route route_of(int signal, int code) {
  if (signal == caller_gone_signal()) return Route::kCallerGone;
  for (const Row& row : kRoutes) {
    if (row.signal == signal) return row.route;
  }
  // Slipway's own processor time has reached its limit: that of the executor is counted apart.
  if (signal == SIGXCPU && code == SI_KERNEL) return Route::kNowhere;
  return Route::kExecutor;
}

}  // namespace slipway::launcher
