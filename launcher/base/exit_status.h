// The exit statuses of slipway itself; the convention of env(1), chroot(1) and docker-run(1). Where
// the executor runs, the status is its own.
#pragma once

namespace slipway::launcher {

inline constexpr int kExitUsage = 2;            // of the commands that execute nothing
inline constexpr int kExitSlipwayFailed = 125;  // before the executor ran; usage errors too
inline constexpr int kExitNotExecutable = 126;  // found, but it cannot be executed
inline constexpr int kExitNotFound = 127;       // there is no such program

}  // namespace slipway::launcher
