#include "sandbox/base/fd.h"

#include <unistd.h>

#include <cerrno>

namespace slipway {

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<void> Fd::close() {
  const int fd = std::exchange(fd_, -1);
  // EINTR: Linux has released the descriptor already; retrying could close somebody else's.
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return Error::system(errno, "close");
  return {};
}

}  // namespace slipway
