// Feeds tar's 512-byte blocks to the parser, and remembers what the parser does not check.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "fetcher/archive/block_source.h"
#include "fetcher/archive/tar_guard.h"

namespace slipway::fetcher {

class TarInput {
 public:
  // The headers of one member may have `metadata_bytes`.
  TarInput(BlockSource& from, std::uint64_t metadata_bytes)
      : source_(from), guard_(metadata_bytes) {}

  // An error that says what the content is, where it does not begin like a tar archive.
  Result<void> check_beginning();

  // The next piece, a multiple of 512 bytes but at the very end; empty after it. It stays valid
  // until the second call after this one. Errors: the source's, and what TarGuard refuses in it.
  Result<std::span<const std::byte>> next();

  // What the parser reads from here on is the headers of one member, at most `bytes` (and what is
  // read ahead): next() fails beyond. Or the member's data, which may be of any length.
  void expect_headers(std::uint64_t bytes);
  void expect_data();

  // To be called when the parser saw a member whose first header is at `position`: an error where
  // the guard saw none there.
  Result<void> check_start(std::uint64_t position) { return guard_.confirm(position); }

  // To be called when the parser saw the end at `position`: a block of zeros must be there, where
  // the guard saw it too, and nothing but zeros from there to the end of the source.
  Result<void> check_end(std::uint64_t position);

  // Of the source; what the parser reports after it is only a consequence.
  std::optional<Error> failure;

  // The guard refused what follows. Its error names the member, which is one ahead of the parser's.
  [[nodiscard]] bool is_refused() const { return refused_; }

 private:
  struct Piece {
    std::span<const std::byte> bytes;
    std::uint64_t offset = 0;  // of its first byte in the tar stream
  };

  Result<void> read_piece();
  [[nodiscard]] const Piece& last() const { return pieces_[newest_]; }
  // What the last two pieces hold from `position` on.
  [[nodiscard]] std::array<std::span<const std::byte>, 2> from(std::uint64_t position) const;

  Result<void> check_zeros_from(std::uint64_t position);

  BlockSource& source_;
  TarGuard guard_;
  // Two, because the parser may already have asked for the piece after the one with the end mark.
  std::array<Piece, 2> pieces_;
  std::size_t newest_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t header_limit_ = 0;
  std::uint64_t headers_end_ = UINT64_MAX;
  bool first_is_waiting_ = false;
  bool refused_ = false;
  bool ended_ = false;  // the newest piece is the last one
};

}  // namespace slipway::fetcher
