// The seam between the stages of an extraction: bytes, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // Puts at least one byte into `into` (which is not empty); 0 means the end, and that everything
  // which can be verified (checksums, lengths) was verified.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
};

// Reads until `into` is full or the source ends; the number of bytes.
Result<std::size_t> read_full(ByteSource& from, std::span<std::byte> into);

}  // namespace slipway::fetcher
