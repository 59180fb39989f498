// Bytes in memory as a source, in pieces of any size.
#pragma once

#include <algorithm>
#include <span>

#include "fetcher/archive/byte_source.h"

namespace slipway::tests {

class MemorySource final : public fetcher::ByteSource {
 public:
  // `bytes` is borrowed; at most `piece` of them come at a time.
  explicit MemorySource(std::span<const std::byte> bytes, std::size_t piece = SIZE_MAX)
      : bytes_(bytes), piece_(piece) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = std::min({bytes_.size(), into.size(), piece_});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t piece_;
};

}  // namespace slipway::tests
