// Which overlays are mounted on this host, in every mount namespace in which some process of a user
// lives.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

struct MountSources {
  std::set<std::string> words;  // without the prefix
  // False where some process that counts could not be looked at: then nothing that is not among the
  // words can be taken for unused.
  bool complete = true;
};

// The sources of overlays that begin with `prefix`, each cut at its commas, by /proc/PID/mountinfo
// of the processes of `owner` and of root; where `owner` is root, of all: what root starts may
// become anybody, what another user starts stays that user's. So no third user can pretend to have
// something mounted. What processes hand on to their children while this looks is seen, however
// shortly each of them lives and however many there are, unless the numbers of processes begin anew
// twice while it looks (after pid_max, proc_sys_kernel(5)). Not seen: processes that this /proc
// does not show (of other pid namespaces; of other users where it is mounted with hidepid), who
// enters a namespace (setns(2)) meanwhile, namespaces that only a descriptor, a bind mount or a
// thread beside the first keeps alive, mounts that were detached or lie outside of every process's
// root directory. Errors: /proc cannot be listed.
Result<MountSources> find_mount_sources(std::string_view prefix, uid_t owner);

// The same of the text of one mountinfo. Pure.
void collect_mount_sources(std::string_view mountinfo, std::string_view prefix,
                           std::set<std::string>& words);

}  // namespace slipway::sandbox
