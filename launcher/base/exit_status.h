// The exit statuses of slipway itself; the convention of env(1), chroot(1) and docker-run(1). Where
// the executor runs, the status is its own.
#pragma once

namespace slipway::launcher {

// Of the commands that execute nothing; of plan only the second.
inline constexpr int kExitProblems = 1;  // something failed or was found, and was said
inline constexpr int kExitUsage = 2;     // a mistake on the command line
// Of those that execute something; plan says so beforehand.
inline constexpr int kExitSlipwayFailed = 125;  // before the executor ran; usage errors too
inline constexpr int kExitNotExecutable = 126;  // found, but it cannot be executed
inline constexpr int kExitNotFound = 127;       // there is no such program

}  // namespace slipway::launcher
