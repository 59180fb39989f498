// Reads a zip archive into a TreeWriter.
#pragma once

#include "fetcher/tree_writer.h"

namespace slipway::fetcher {

// `file` (borrowed) has `size` bytes. The whole structure is verified before anything is written
// (see zip_directory.h); then each member's length and CRC-32 while it is. Methods: stored and
// deflate.
Result<void> read_zip(int file, std::uint64_t size, TreeWriter& into, Budget& budget);

}  // namespace slipway::fetcher
