// Reads a tar archive (ustar, pax, GNU, old GNU sparse) into a TreeWriter.
#pragma once

#include "fetcher/byte_source.h"
#include "fetcher/tree_writer.h"

namespace slipway::fetcher {

// `plain` is tar, already decompressed. It is read to its end. Errors: content that is no tar; a
// damaged or cut archive (it must end in a block of zeros, and only zeros may follow); members that
// are devices, fifos or anything else but files, directories and links; names that are not safe; a
// limit. Names and link targets are the bytes of the archive, whatever the locale is.
Result<void> read_tar(ByteSource& plain, TreeWriter& into, Budget& budget);

}  // namespace slipway::fetcher
