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

// `length` bytes of a file from `offset` on; a file that ends earlier is an error. The descriptor
// is borrowed and its own offset is left alone.
class FileRange final : public ByteSource {
 public:
  FileRange(int file, std::uint64_t offset, std::uint64_t length)
      : file_(file), offset_(offset), length_(length) {}

  Result<std::size_t> read(std::span<std::byte> into) override;
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }

 private:
  int file_;
  std::uint64_t offset_;
  std::uint64_t length_;
  std::uint64_t consumed_ = 0;
};

}  // namespace slipway::fetcher
