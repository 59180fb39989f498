// The way to a file: every directory and link that leads there. Whoever may write to one of them
// decides what is found at the end. Reads only.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::launcher {

struct Station {
  std::string path;
  struct stat found;  // of the link itself where it is one
};

struct Passage {
  std::vector<Station> stations;  // from "/" to what stands at the end, that one included
  [[nodiscard]] const Station& end() const { return stations.back(); }
};

// As the kernel walks it (path_resolution(7)); `path` is absolute. The end's path is canonical.
// Errors: something is missing (a link that leads nowhere too), no directory where one is needed,
// more than 40 links.
Result<Passage> walk(const std::string& path);

// Who besides root and `caller` could put something else at the end; "" where nobody could. A
// directory that all may write to and that is sticky counts as safe: nobody may rename what is not
// theirs there (inode(7)).
std::string who_else_decides(const Passage& passage, uid_t caller);

// The first sticky directory of that kind on the way; "" where there is none.
std::string shared_directory(const Passage& passage);

// Why not everybody can reach and execute what stands at the end; "" where they can. A directory is
// not looked into.
std::string who_cannot_execute(const Passage& passage);

}  // namespace slipway::launcher
