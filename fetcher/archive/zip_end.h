// The records at the end of a zip archive, which say where its table of contents is.
#pragma once

#include <cstdint>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Where the central directory lies, and what it must hold.
struct ZipEnd {
  std::uint64_t entries = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t end = 0;  // where the first end record begins
};

// Ensures: one end record, at the very end (its comment reaches the last byte and holds no other's
// signature); its zip64 twin, where there is one, lies directly before it and agrees; the archive
// is in one part; the central directory ends where these records begin. Content that is no zip at
// all is an error that says what it is.
Result<ZipEnd> read_zip_end(int file, std::uint64_t size);

}  // namespace slipway::fetcher
