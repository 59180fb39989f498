// Decoders for what an archive may be compressed with, and how to tell by the first bytes.
#pragma once

#include <memory>
#include <string_view>

#include "fetcher/archive/byte_source.h"
#include "fetcher/archive/inflate.h"

namespace slipway::fetcher {

enum class Codec { kNone, kGzip, kBzip2, kXz, kZstd };

inline constexpr std::size_t kCodecMagicBytes = 6;  // of the longest magic number

// By magic number; kNone where no known one is there.
Codec codec_of(std::span<const std::byte> first_bytes);
std::string_view name_of(Codec codec);

// Each decoder reads `compressed` (borrowed) to its very end: several streams one after the other
// are one, checksums and lengths are verified, data that is cut anywhere or followed by anything
// else is an error (gzip alone may be followed by zeros: tapes and dd pad so). `memory` in bytes
// limits what xz and zstd may ask for; the others need less than 5 MiB.
Result<std::unique_ptr<ByteSource>> make_decoder(Codec codec, ByteSource& compressed,
                                                 std::uint64_t memory);

Result<std::unique_ptr<ByteSource>> make_gzip_decoder(
    ByteSource& compressed, const InflateEngine& engine = fastest_inflate());
Result<std::unique_ptr<ByteSource>> make_bzip2_decoder(ByteSource& compressed);
Result<std::unique_ptr<ByteSource>> make_xz_decoder(ByteSource& compressed, std::uint64_t memory);
Result<std::unique_ptr<ByteSource>> make_zstd_decoder(ByteSource& compressed, std::uint64_t memory);

// The piece of compressed input that a decoder works on.
class InputBuffer {
 public:
  explicit InputBuffer(ByteSource& from);

  // Reads on where nothing is left; afterwards bytes() is empty only at the end of the source.
  Result<void> fill();
  [[nodiscard]] std::span<const std::byte> bytes() const { return rest_; }
  void consume(std::size_t count) { rest_ = rest_.subspan(count); }
  // True when fill() found the end of the source.
  [[nodiscard]] bool at_end() const { return ended_ && rest_.empty(); }

 private:
  ByteSource& from_;
  std::unique_ptr<std::byte[]> buffer_;
  std::span<const std::byte> rest_;
  bool ended_ = false;
};

}  // namespace slipway::fetcher
