// What --supervise asks for, as a value.
#pragma once

#include <chrono>

namespace slipway::launcher {

// Where --kill-after says nothing: the grace that Mesos gives executors to shut down.
inline constexpr std::chrono::milliseconds kKillAfter = std::chrono::seconds(5);

struct Supervision {
  std::chrono::milliseconds kill_after = kKillAfter;  // from SIGTERM for the tree to SIGKILL
};

}  // namespace slipway::launcher
