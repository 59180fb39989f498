#include "sandbox/closed_directory.h"

#include <fcntl.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

std::string open_the_way(const std::string& path) {
  std::string directory = "/";
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string next = path.substr(0, slash);
    const auto found = sys::stat_at(AT_FDCWD, next, 0);
    if (!found && !found.error().is(std::errc::permission_denied)) return {};
    if (!found) break;
    directory = next;
  }
  const auto end = sys::stat_at(AT_FDCWD, path, 0);
  if (end || !end.error().is(std::errc::permission_denied)) return {};
  return cat("the directory ", quote(directory),
             " does not let the task's user through: chmod a+x ", shell_quote(directory),
             ", or take what is in it elsewhere");
}

}  // namespace slipway::sandbox
