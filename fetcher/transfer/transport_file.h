// Plain paths and file:// URIs: a copy of a regular file.
#pragma once

#include <string>

#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Copies the file. `path` is absolute; symbolic links in it are followed, with the rights this
// process has. Regular files only: for a directory, fifo, device or socket the error comes without
// blocking, and no device is opened. A file that somebody changes meanwhile is a transient failure,
// so that what is received is one version of it. Begins anew each time.
Result<Received, TransferFailure> fetch_file(const std::string& path, BodySink& sink, Deadline end);

// By what the file is known again (identity_of). Errors as fetch_file().
Result<std::string> file_identity(const std::string& path);

}  // namespace slipway::fetcher
