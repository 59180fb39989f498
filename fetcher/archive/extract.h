// Extraction of a whole archive into an empty directory.
#pragma once

#include <functional>
#include <string>

#include "fetcher/archive/archive_format.h"
#include "fetcher/archive/arrival.h"
#include "fetcher/archive/extract_budget.h"
#include "fetcher/base/file_hashes.h"

namespace slipway::fetcher {

// `archive` is a regular file (borrowed, read from its first byte to its last without using its own
// offset), `into` an empty directory of the caller's (borrowed). On failure what was written so far
// stays there: the caller removes the directory. `file_name` is the archive's name; a lone .gz
// becomes the file of that name less ".gz".
//
// Ensures: nothing outside `into` is written, changed or followed, and its own mode and times stay;
// only files, directories, symbolic links (stored, never followed) and hard links among the files
// are made; no owner, setuid bit, device, attribute; modes keep 0777 & ~022 and gain rw for the
// owner; success means that the archive was read to its end and all its checksums and lengths are
// right. Of two members with one name the last wins. Errors name the member, or the limit.
//
// The file may still arrive: tar and gzip are extracted as they come, zip when all is there. One
// thread undoes the compression, the caller's makes the names, others write what is in small files.
// `hashes` (borrowed, may be null) is told the hashes of the files; `progress` (may be empty) is
// called with every step of the work, by any of the threads.
Result<Extracted> extract(int archive, Arrival& arrival, ArchiveFormat format,
                          const std::string& file_name, int into, const ExtractLimits& limits,
                          FileHashes* hashes = nullptr, std::function<void()> progress = {});

// Of a file that is all there, with nothing told: for tests and measurements.
Result<Extracted> extract(int archive, ArchiveFormat format, const std::string& file_name, int into,
                          const ExtractLimits& limits);

}  // namespace slipway::fetcher
