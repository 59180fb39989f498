// The gzip layer: both engines, fed in pieces of any size, agree.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/archive/decompress.h"
#include "tests/fuzz/promise.h"
#include "tests/support/memory_source.h"

namespace slipway::fuzz {

namespace {

constexpr std::size_t kMostOutput = std::size_t{4} << 20;

// What comes out; nothing where it is damaged, or too much.
std::optional<std::string> decoded(std::span<const std::byte> gzip, std::size_t piece,
                                   const fetcher::InflateEngine& engine) {
  tests::MemorySource source(gzip, piece);
  auto decoder = fetcher::make_gzip_decoder(source, engine);
  if (!decoder) broken("a decoder can be made");
  std::string out;
  std::string buffer(piece % 4096 + 1, '\0');
  for (;;) {
    const auto count = (*decoder)->read(std::as_writable_bytes(std::span(buffer)));
    if (!count || out.size() > kMostOutput) return std::nullopt;
    if (*count == 0) return out;
    if (*count > buffer.size()) broken("a decoder keeps to its room");
    out.append(buffer, 0, *count);
  }
}

void read(std::span<const std::byte> input) {
  if (input.size() < 2) return;
  const auto piece = std::to_integer<std::size_t>(input[0]) * 16 + 1;
  const auto gzip = input.subspan(1);
  std::vector<std::optional<std::string>> contents;
  for (const auto& engine : fetcher::inflate_engines()) {
    contents.push_back(decoded(gzip, piece, engine));
    hold(contents.back() == contents.front(), "the engines agree about the content");
  }
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(std::as_bytes(std::span(data, size)));
  return 0;
}
