#include "fetcher/archive/decompress.h"

#include <algorithm>
#include <array>

namespace slipway::fetcher {

namespace {

constexpr std::size_t kInputBytes = 128 * 1024;

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

// RFC 8878: 0x184D2A50 to 0x184D2A5F, little endian; pzstd starts its files with such a frame.
bool is_skippable_zstd_frame(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && (bytes[0] & std::byte{0xf0}) == std::byte{0x50} &&
         begins_with(bytes.subspan(1), "\x2a\x4d\x18");
}

}  // namespace

Codec codec_of(std::span<const std::byte> first_bytes) {
  using std::string_view_literals::operator""sv;
  if (begins_with(first_bytes, "\x1f\x8b"sv)) return Codec::kGzip;
  if (begins_with(first_bytes, "BZh"sv)) return Codec::kBzip2;
  if (begins_with(first_bytes, "\xfd\x37zXZ\0"sv)) return Codec::kXz;
  if (begins_with(first_bytes, "\x28\xb5\x2f\xfd"sv)) return Codec::kZstd;
  if (is_skippable_zstd_frame(first_bytes)) return Codec::kZstd;
  return Codec::kNone;
}

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "none";
    case Codec::kGzip:
      return "gzip";
    case Codec::kBzip2:
      return "bzip2";
    case Codec::kXz:
      return "xz";
    case Codec::kZstd:
      return "zstd";
  }
  return "";
}

Result<std::unique_ptr<ByteSource>> make_decoder(Codec codec, ByteSource& compressed,
                                                 std::uint64_t memory) {
  switch (codec) {
    case Codec::kGzip:
      return make_gzip_decoder(compressed);
    case Codec::kBzip2:
      return make_bzip2_decoder(compressed);
    case Codec::kXz:
      return make_xz_decoder(compressed, memory);
    case Codec::kZstd:
      return make_zstd_decoder(compressed, memory);
    case Codec::kNone:
      break;
  }
  return Error("no decoder for data that is not compressed");
}

InputBuffer::InputBuffer(ByteSource& from)
    : from_(from), buffer_(std::make_unique_for_overwrite<std::byte[]>(kInputBytes)) {}

Result<void> InputBuffer::fill() {
  if (!rest_.empty() || ended_) return {};
  const std::size_t count = TRY(from_.read(std::span(buffer_.get(), kInputBytes)));
  rest_ = std::span<const std::byte>(buffer_.get(), count);
  ended_ = count == 0;
  return {};
}

}  // namespace slipway::fetcher
