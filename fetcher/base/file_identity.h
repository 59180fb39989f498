// By what a file is known again without being read.
#pragma once

#include <sys/stat.h>

#include <string>

namespace slipway::fetcher {

// "DEVICE:INODE:SIZE:MTIME:CTIME", times as SECONDS.NANOSECONDS: what changes whenever the file
// does, and what no unprivileged write can bring back, for nobody but the kernel sets the last
// (inode(7)). Linking, renaming and chmod change it too.
std::string identity_of(const struct stat& found);

// True where the file that `fd` is has the identity that was recorded of it. False where nothing
// was recorded (empty), or in doubt: its content has to be looked at then.
bool identity_unchanged(int fd, const std::string& recorded);

}  // namespace slipway::fetcher
