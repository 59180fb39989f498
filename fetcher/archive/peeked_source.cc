#include "fetcher/archive/peeked_source.h"

#include <algorithm>

namespace slipway::fetcher {

Result<std::span<const std::byte>> PeekedSource::first() {
  left_ = std::span(first_).first(TRY(read_full(from_, first_)));
  return left_;
}

Result<std::size_t> PeekedSource::read(std::span<std::byte> into) {
  if (left_.empty()) return from_.read(into);
  const std::size_t count = std::min(left_.size(), into.size());
  std::copy_n(left_.begin(), count, into.begin());
  left_ = left_.subspan(count);
  return count;
}

}  // namespace slipway::fetcher
