// What a process gives up before it meets hostile bytes or becomes the executor. The order that
// works: namespaces and mounts, drop_bounding_set(), become(), drop_capabilities(),
// forbid_new_privileges(), reset_signals(), close_from(), exec.
#pragma once

#include <sys/types.h>

#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

// no_new_privs (prctl(2)): from here on setuid bits and file capabilities give nothing, for this
// process and all it starts. Landlock without privileges needs it.
Result<void> forbid_new_privileges();

// Empties the capability bounding set. Needs CAP_SETPCAP, which is gone once root became somebody
// else: so it comes before become(). An empty set is no error, with or without the right.
Result<void> drop_bounding_set();

// Empties the ambient, inheritable, effective and permitted sets, and verifies it. Never fails for
// lack of a right: giving up needs none.
Result<void> drop_capabilities();

// As drop_capabilities(), but keeps what lets root pass over the permissions of files
// (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER), where it has it. With no_new_privs a program
// that root executes then has no more than these either.
Result<void> keep_file_capabilities();

// Of what AsUser has taken away, CAP_DAC_OVERRIDE alone is effective again, where it is permitted:
// until AsUser ends, which gives back the rest.
Result<void> regain_dac_override();

enum class Landlock { kWherePossible, kRequired };

// The version of Landlock that the kernel offers (landlock_create_ruleset(2)); 0 where it offers
// none, or a container's filter denies it. The fetch stage needs kLeastLandlock.
Result<long> landlock_version();
inline constexpr long kLeastLandlock = 2;

// What is told where it offers less than that.
inline constexpr char kNoLandlock[] = "the kernel offers no Landlock (or only its first version)";

struct FetchConfinement {
  enum class Execution { kListed, kAny };

  std::vector<int> writable_dirs;  // borrowed directory descriptors
  // Borrowed, O_PATH will do: ELF programs with the loader of this one, or linked statically.
  std::vector<int> executables;
  // kAny: whatever its user may execute, where the stage needs a program that needs others.
  Execution execution = Execution::kListed;
  Landlock landlock = Landlock::kWherePossible;
};

enum class LandlockOutcome {
  kConfined,
  kUnavailable,  // the kernel has no Landlock, or only its first version, under which no file can
                 // be moved between directories: nothing was restricted
};

// Confines this process for good (landlock(7)): it may read everywhere its user may, create, write,
// move and remove only below the given directories (regular files, directories and links: no
// devices, pipes, sockets) and on /dev/null, and execute only the given programs and the loaders
// they name, unless anything may be. Signals, network and open descriptors stay as they are. Sets
// no_new_privs first. Errors: it is required and unavailable.
Result<LandlockOutcome> confine_fetch_stage(const FetchConfinement& allowed);

// A write that fails is an error to be reported, not the end: a reader of messages that has gone
// away (SIGPIPE), a limit on file sizes (SIGXFSZ). Until reset_signals().
void survive_failed_writes();

// No core file of this process: it would hold what the entry's URIs and the environment hold. Until
// allow_core_dumps(), which puts the caller's limit back (setrlimit(2), RLIMIT_CORE).
void forbid_core_dumps();
void allow_core_dumps();

// Every signal has its default action and none is blocked: an agent may have ignored SIGPIPE or
// SIGCHLD, and both outlive exec. But for glibc's own handlers in a process that has threads.
void reset_signals();

// Closes every descriptor from `first` on; the second but those.
Result<void> close_from(int first);
Result<void> close_from_but(int first, std::vector<int> kept);

// SIGKILL for this process when its parent ends (prctl(2), PR_SET_PDEATHSIG). The kernel forgets it
// with every change of ids, file system ids included, and of capabilities: to be said again after
// each. Ends the process at once where `parent` is its parent no longer. The parent needs to be
// single-threaded: it is its forking thread's end that counts.
Result<void> die_with(pid_t parent);

}  // namespace slipway::sandbox
