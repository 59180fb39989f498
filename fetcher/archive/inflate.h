// Deflate (RFC 1951), alone or in gzip's frame (RFC 1952): the engines that undo it. ISA-L is two
// to three times as fast as zlib and there where it was found when slipway was built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

enum class Framing { kGzip, kRaw };

class InflateStream {
 public:
  InflateStream() = default;
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;
  virtual ~InflateStream() = default;

  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool ended = false;  // the stream is complete: with gzip's frame, header and trailer are right
  };
  // Goes on until `in` is used up, `out` (not empty) is full or the stream ends; what follows it in
  // `in` is not consumed (without a frame it may also be an error). No progress means that more
  // input is needed. At most 1 GiB at a time.
  virtual Result<Step> step(std::span<const std::byte> in, std::span<std::byte> out) = 0;
  // Ready for another stream.
  virtual Result<void> reset() = 0;
};

struct InflateEngine {
  std::string_view name;
  Result<std::unique_ptr<InflateStream>> (*make)(Framing framing);
};

// Those that there are, the fastest first.
std::span<const InflateEngine> inflate_engines();
inline const InflateEngine& fastest_inflate() {
  return inflate_engines().front();
}

// CRC-32 as gzip and zip have it, continued from `crc` (0 at the start).
std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes);

Result<std::unique_ptr<InflateStream>> make_zlib_inflate(Framing framing);
// Where the build has ISA-L (SLIPWAY_HAS_ISAL).
Result<std::unique_ptr<InflateStream>> make_isal_inflate(Framing framing);

}  // namespace slipway::fetcher
