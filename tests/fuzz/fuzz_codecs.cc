// bzip2, xz and zstd: whatever the size of the pieces that come, the outcome is one, within the
// memory that was granted.
#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/archive/decompress.h"
#include "tests/fuzz/promise.h"
#include "tests/support/memory_source.h"

namespace slipway::fuzz {

namespace {

constexpr std::size_t kMostOutput = std::size_t{4} << 20;
constexpr std::uint64_t kMemory = std::uint64_t{16} << 20;

// What comes out; nothing where it is damaged.
std::optional<std::string> decoded(std::span<const std::byte> text, std::size_t piece) {
  tests::MemorySource source(text, piece);
  const auto codec =
      fetcher::codec_of(text.first(std::min(text.size(), fetcher::kCodecMagicBytes)));
  if (codec == fetcher::Codec::kNone || codec == fetcher::Codec::kGzip) return std::nullopt;
  auto decoder = fetcher::make_decoder(codec, source, kMemory);
  if (!decoder) return std::nullopt;
  std::string out;
  std::string buffer(piece % 4096 + 64, '\0');
  for (;;) {
    const auto count = (*decoder)->read(std::as_writable_bytes(std::span(buffer)));
    if (!count) return std::nullopt;
    if (*count == 0) return out;
    if (*count > buffer.size()) broken("a decoder keeps to its room");
    out.append(buffer, 0, *count);
    if (out.size() > kMostOutput) return "too much";
  }
}

void read(std::span<const std::byte> input) {
  if (input.size() < 2) return;
  const auto piece = std::to_integer<std::size_t>(input[0]) * 16 + 1;
  const auto whole = decoded(input.subspan(1), SIZE_MAX / 2);
  hold(decoded(input.subspan(1), piece) == whole, "the size of the pieces decides nothing");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(std::as_bytes(std::span(data, size)));
  return 0;
}
