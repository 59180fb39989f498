// Reads a tar archive (ustar, pax, GNU, old GNU sparse) into a tree.
#pragma once

#include "fetcher/archive/block_source.h"
#include "fetcher/archive/extract_limits.h"
#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/tree.h"

namespace slipway::fetcher {

// `plain` is tar, already decompressed. It is read to its end. Errors: content that is no tar; a
// damaged or cut archive (it must end in a block of zeros, and only zeros may follow); members that
// are devices, fifos or anything else but files, directories and links; names that are not safe; a
// limit. Names and link targets are the bytes of the archive, whatever the locale is. Small files
// are filled by `pool`: success means that all is handed to it, not that it has finished.
Result<void> read_tar(BlockSource& plain, Tree& into, FillPool& pool, const ExtractLimits& limits);

}  // namespace slipway::fetcher
