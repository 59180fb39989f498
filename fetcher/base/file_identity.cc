#include "fetcher/base/file_identity.h"

#include <cstdint>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::string identity_of(const struct stat& found) {
  return cat(found.st_dev, ':', found.st_ino, ':', found.st_size, ':', nanoseconds(found.st_mtim),
             ':', nanoseconds(found.st_ctim));
}

bool identity_unchanged(int fd, const std::string& recorded) {
  if (recorded.empty()) return false;
  const auto found = sys::stat_fd(fd);
  return found && identity_of(*found) == recorded;
}

}  // namespace slipway::fetcher
