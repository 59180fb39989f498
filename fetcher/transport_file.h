// Plain paths and file:// URIs: a copy of a regular file.
#pragma once

#include <string>

#include "fetcher/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Copies the file to `into` (empty, borrowed). `path` is absolute; symbolic links in it are
// followed, with the rights this process has. Regular files only: for a directory, fifo, device or
// socket the error comes without blocking, and no device is opened. A file that somebody changes
// meanwhile is a transient failure, so that what is received is one version of it.
Result<Received, TransferFailure> fetch_file(const std::string& path, int into,
                                             const TransferLimits& limits,
                                             BodyWatcher* watcher = nullptr);

// What changes whenever the file does, and what no unprivileged write can bring back:
// "DEVICE:INODE:SIZE:MTIME:CTIME", times in nanoseconds. Errors as fetch_file().
Result<std::string> file_identity(const std::string& path);

}  // namespace slipway::fetcher
