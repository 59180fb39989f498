#include "fetcher/base/file_identity.h"

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Apart: any program may set a time for which nanoseconds alone would be too many.
std::string text_of(const timespec& time) {
  return cat(time.tv_sec, '.', time.tv_nsec);
}

}  // namespace

std::string identity_of(const struct stat& found) {
  return cat(found.st_dev, ':', found.st_ino, ':', found.st_size, ':', text_of(found.st_mtim), ':',
             text_of(found.st_ctim));
}

bool identity_unchanged(int fd, const std::string& recorded) {
  if (recorded.empty()) return false;
  const auto found = sys::stat_fd(fd);
  return found && identity_of(*found) == recorded;
}

}  // namespace slipway::fetcher
