// Blocks without a thread that reads ahead.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "fetcher/archive/block_source.h"

namespace slipway::tests {

// Reads when it is asked.
class DirectBlocks final : public fetcher::BlockSource {
 public:
  // `from` is borrowed.
  explicit DirectBlocks(fetcher::ByteSource& from) : from_(from) {
    for (auto& block : blocks_) {
      block = std::make_unique_for_overwrite<std::byte[]>(fetcher::kBlockBytes);
    }
  }
  Result<std::span<const std::byte>> next() override {
    newest_ = 1 - newest_;
    std::byte* const block = blocks_[newest_].get();
    const std::size_t size = TRY(fetcher::read_full(from_, std::span(block, fetcher::kBlockBytes)));
    return std::span<const std::byte>(block, size);
  }

 private:
  fetcher::ByteSource& from_;
  std::array<std::unique_ptr<std::byte[]>, 2> blocks_;
  std::size_t newest_ = 0;
};

}  // namespace slipway::tests
