#include "fetcher/archive/gzip_header.h"

#include "fetcher/archive/inflate.h"

namespace slipway::fetcher {

namespace {

constexpr std::uint8_t kHasChecksum = 1U << 1;
constexpr std::uint8_t kHasExtra = 1U << 2;
constexpr std::uint8_t kHasName = 1U << 3;
constexpr std::uint8_t kHasComment = 1U << 4;
constexpr std::uint8_t kReserved = 0xe0;
constexpr std::uint8_t kDeflate = 8;

}  // namespace

Result<std::size_t> GzipHeader::take(std::span<const std::byte> in) {
  std::size_t taken = 0;
  while (taken < in.size() && !complete()) {
    // Checksums of a header with a checksum do not count that.
    if (part_ != Part::kChecksum) crc_ = crc32(crc_, in.subspan(taken, 1));
    TRY(add(std::to_integer<std::uint8_t>(in[taken])));
    ++taken;
  }
  return taken;
}

Result<void> GzipHeader::add(std::uint8_t byte) {
  if (part_ == Part::kName || part_ == Part::kComment) {
    if (byte == 0) enter(after(part_));
    return {};
  }
  if (part_ != Part::kExtra) bytes_[count_] = byte;
  if (++count_ < wanted_) return {};
  const std::size_t number = bytes_[0] | static_cast<std::size_t>(bytes_[1]) << 8;
  switch (part_) {
    case Part::kFixed:
      return fixed_complete();
    case Part::kExtraLength:
      enter(number > 0 ? Part::kExtra : after(Part::kExtra));
      if (number > 0) wanted_ = number;
      return {};
    case Part::kChecksum:
      if (number != (crc_ & 0xffff)) return Error("incorrect header checksum");
      [[fallthrough]];
    default:
      enter(after(part_));
      return {};
  }
}

Result<void> GzipHeader::fixed_complete() {
  if (bytes_[0] != 0x1f || bytes_[1] != 0x8b) return Error("incorrect header");
  if (bytes_[2] != kDeflate) return Error("unknown compression method");
  flags_ = bytes_[3];
  if ((flags_ & kReserved) != 0) return Error("unknown header flags");
  enter(after(Part::kFixed));
  return {};
}

GzipHeader::Part GzipHeader::after(Part part) const {
  switch (part) {
    case Part::kFixed:
      if ((flags_ & kHasExtra) != 0) return Part::kExtraLength;
      [[fallthrough]];
    case Part::kExtraLength:
    case Part::kExtra:
      if ((flags_ & kHasName) != 0) return Part::kName;
      [[fallthrough]];
    case Part::kName:
      if ((flags_ & kHasComment) != 0) return Part::kComment;
      [[fallthrough]];
    case Part::kComment:
      if ((flags_ & kHasChecksum) != 0) return Part::kChecksum;
      [[fallthrough]];
    case Part::kChecksum:
    case Part::kDone:
      break;
  }
  return Part::kDone;
}

void GzipHeader::enter(Part part) {
  part_ = part;
  count_ = 0;
  wanted_ = 2;  // of the parts that are numbers
}

}  // namespace slipway::fetcher
