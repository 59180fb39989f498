// The header of a gzip member (RFC 1952, section 2.3), which may come in pieces of any size.
// ISA-L's own reader gets lost where a piece ends inside of it. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

class GzipHeader {
 public:
  // The number of bytes of `in` that belong to the header. Errors: no gzip, another method than
  // deflate, flags that are reserved, a header checksum that is wrong.
  Result<std::size_t> take(std::span<const std::byte> in);
  [[nodiscard]] bool complete() const { return part_ == Part::kDone; }

 private:
  enum class Part { kFixed, kExtraLength, kExtra, kName, kComment, kChecksum, kDone };

  Result<void> add(std::uint8_t byte);
  Result<void> fixed_complete();
  // What comes after `part`, by the flags.
  [[nodiscard]] Part after(Part part) const;
  void enter(Part part);

  Part part_ = Part::kFixed;
  std::array<std::uint8_t, 10> bytes_{};  // of the part that is being read
  std::size_t count_ = 0;
  std::size_t wanted_ = 10;
  std::uint8_t flags_ = 0;
  std::uint32_t crc_ = 0;  // of the whole header so far
};

}  // namespace slipway::fetcher
