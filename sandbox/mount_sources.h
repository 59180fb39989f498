// What is mounted on this host, in every mount namespace in which some process lives.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

struct MountSources {
  std::set<std::string> words;  // without the prefix
  // False where some process of our own could not be looked at: then nothing that is not among the
  // words can be taken for unused.
  bool complete = true;
};

// The sources that begin with `prefix`, each cut at its commas, by /proc/PID/mountinfo of every
// process. Not seen: processes that this /proc does not show (of other pid namespaces; of other
// users where it is mounted with hidepid), namespaces that only a descriptor or a bind mount keeps
// alive, mounts that were detached or lie outside of every process's root directory. Errors: /proc
// cannot be listed.
Result<MountSources> find_mount_sources(std::string_view prefix);

// The same of the text of one mountinfo. Pure.
void collect_mount_sources(std::string_view mountinfo, std::string_view prefix,
                           std::set<std::string>& words);

}  // namespace slipway::sandbox
