#include "fetcher/archive/byte_source.h"

namespace slipway::fetcher {

Result<std::size_t> read_full(ByteSource& from, std::span<std::byte> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const std::size_t count = TRY(from.read(into.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

}  // namespace slipway::fetcher
