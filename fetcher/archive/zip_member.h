// The content of a zip archive's members, undone and verified.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/inflate.h"
#include "fetcher/archive/zip_directory.h"

namespace slipway::fetcher {

// For one thread.
class ZipMemberReader {
 public:
  using Take = std::function<Result<void>(std::span<const std::byte>)>;

  // Both are borrowed; `file` is read without using its own offset.
  ZipMemberReader(int file, Budget& budget) : file_(file), budget_(budget) {}

  // Hands over the member's bytes, piece by piece. Errors: too many, too few, or others than its
  // size and CRC-32 say; compressed data that ends too early or too late; a limit; those of `take`.
  Result<void> read(const ZipMember& member, const Take& take);

 private:
  struct Account;
  Result<void> stored(const ZipMember& member, Account& account, const Take& take);
  Result<void> deflated(const ZipMember& member, Account& account, const Take& take);
  // The next compressed bytes from `offset` on, at most `left`; there are some.
  Result<std::span<const std::byte>> input(std::uint64_t offset, std::uint64_t left);
  Result<InflateStream*> fresh_stream();

  int file_;
  Budget& budget_;
  std::unique_ptr<std::byte[]> in_;
  std::unique_ptr<std::byte[]> out_;
  std::unique_ptr<InflateStream> stream_;
};

}  // namespace slipway::fetcher
