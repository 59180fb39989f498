#include "fetcher/archive/tar_input.h"

#include <algorithm>

#include "fetcher/archive/decompress.h"
#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

Error no_end_mark() {
  return Error("cut: the tar archive has no end mark (a block of zeros)");
}

Error not_tar(std::span<const std::byte> first) {
  const std::string_view text(reinterpret_cast<const char*>(first.data()), first.size());
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) {
    return Error("it is a zip archive although its name says tar")
        .hint("give it an output_file that ends in .zip");
  }
  if (const Codec codec = codec_of(first); codec != Codec::kNone) {
    return Error(cat("it is compressed more than twice (", name_of(codec), " inside)"));
  }
  return Error(
             "it is neither a tar archive nor one that is compressed with gzip, bzip2, xz or zstd")
      .hint("look at it: what is served there may be the page of an error or a login");
}

}  // namespace

Result<void> TarInput::check_beginning() {
  TRY(read_piece());
  first_is_waiting_ = true;
  const std::span<const std::byte> first = last().bytes;
  if (first.empty()) return Error("it holds no tar archive, nothing at all");
  const auto block = first.first(std::min(first.size(), kTarBlock));
  if (is_all_zeros(block) && block.size() < kTarBlock) return no_end_mark();
  if (is_tar_header(block) || is_all_zeros(block)) return {};
  return not_tar(first);
}

Result<std::span<const std::byte>> TarInput::next() {
  // At the end no piece is given up: check_end() needs them.
  if (ended_ && !first_is_waiting_) return std::span<const std::byte>();
  if (total_ >= headers_end_) {
    return over_limit("the headers of one member are too large", &ExtractLimits::metadata_bytes,
                      header_limit_);
  }
  if (!first_is_waiting_) TRY(read_piece());
  first_is_waiting_ = false;
  auto accepted = guard_.take(last().bytes);
  refused_ = !accepted;
  TRY(std::move(accepted));
  return last().bytes;
}

void TarInput::expect_headers(std::uint64_t bytes) {
  header_limit_ = bytes;
  // One piece is read ahead; never less, or no header could be read at all.
  headers_end_ = bytes > UINT64_MAX / 2 ? UINT64_MAX : total_ + bytes + kBlockBytes;
}

void TarInput::expect_data() {
  headers_end_ = UINT64_MAX;
}

// A global header or a label may be in front of the end: then `position` is theirs.
Result<void> TarInput::check_end(std::uint64_t position) {
  if (guard_.end()) {
    TRY(guard_.confirm(position));
    return check_zeros_from(*guard_.end());
  }
  TRY(check_zeros_from(position));
  return Error("contradictory: two readers would see different ends");
}

Result<void> TarInput::check_zeros_from(std::uint64_t position) {
  const auto rest = from(position);
  if (rest[0].size() + rest[1].size() < kTarBlock) {
    return no_end_mark();
  }
  if (!is_all_zeros(rest[0]) || !is_all_zeros(rest[1])) {
    return Error("damaged: bytes follow the end of the tar archive");
  }
  // To the very end, because only there a decoder verifies its checksums.
  while (!ended_) {
    TRY(read_piece());
    if (!is_all_zeros(last().bytes)) {
      return Error("damaged: bytes follow the end of the tar archive");
    }
  }
  return {};
}

Result<void> TarInput::read_piece() {
  newest_ = 1 - newest_;
  pieces_[newest_] = {TRY(source_.next()), total_};
  total_ += last().bytes.size();
  ended_ = last().bytes.size() < kBlockBytes;
  return {};
}

std::array<std::span<const std::byte>, 2> TarInput::from(std::uint64_t position) const {
  std::array<std::span<const std::byte>, 2> rest;
  for (const std::size_t age : {std::size_t{1}, std::size_t{0}}) {
    const Piece& piece = pieces_[age == 0 ? newest_ : 1 - newest_];
    const std::uint64_t end = piece.offset + piece.bytes.size();
    if (position >= end) continue;
    const std::uint64_t start = std::max(position, piece.offset);
    rest[1 - age] = piece.bytes.subspan(static_cast<std::size_t>(start - piece.offset));
  }
  // A piece that begins after `position` counts only where the one before it reaches up to it.
  const Piece& older = pieces_[1 - newest_];
  const bool covered = position >= older.offset || position >= last().offset;
  return covered ? rest : std::array<std::span<const std::byte>, 2>{};
}

}  // namespace slipway::fetcher
