// A source whose beginning is looked at before it is read.
#pragma once

#include <array>
#include <span>

#include "fetcher/archive/byte_source.h"
#include "fetcher/archive/tar_header.h"

namespace slipway::fetcher {

class PeekedSource final : public ByteSource {
 public:
  explicit PeekedSource(ByteSource& from) : from_(from) {}  // borrowed

  // The first kTarBlock bytes, fewer where there are no more. Before the first read().
  Result<std::span<const std::byte>> first();
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  ByteSource& from_;
  std::array<std::byte, kTarBlock> first_;
  std::span<const std::byte> left_;  // of these, what was not read yet
};

}  // namespace slipway::fetcher
