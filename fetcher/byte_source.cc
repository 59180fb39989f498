#include "fetcher/byte_source.h"

#include <algorithm>

#include "sandbox/base/sys.h"

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

Result<std::size_t> FileRange::read(std::span<std::byte> into) {
  const std::uint64_t left = length_ - consumed_;
  if (left == 0) return std::size_t{0};
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()));
  const std::size_t count = TRY(sys::read_at(file_, into.first(wanted), offset_ + consumed_));
  if (count == 0) return Error("the file became shorter while it was read");
  consumed_ += count;
  return count;
}

}  // namespace slipway::fetcher
