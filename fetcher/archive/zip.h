// Reads a zip archive into a tree.
#pragma once

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/tree.h"

namespace slipway::fetcher {

// `file` (borrowed) has `size` bytes. The whole structure is verified before anything is written
// (see zip_directory.h); then each member's length and CRC-32 while it is. Methods: stored and
// deflate. Files are filled by `pool`, several at a time: success means that all is handed to it,
// not that it has finished; until then `file` and `budget` are in use.
Result<void> read_zip(int file, std::uint64_t size, Tree& into, FillPool& pool, Budget& budget);

}  // namespace slipway::fetcher
