// Reading contents of the cache: always with their hash.
#include <functional>
#include <span>
#include <vector>

#include "fetcher/cache.h"
#include "fetcher/digest.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// Reads `from` from its start to its end.
Result<void> read_whole(int from,
                        const std::function<Result<void>(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  std::uint64_t offset = 0;
  for (;;) {
    const std::size_t count = TRY(sys::read_at(from, buffer, offset));
    if (count == 0) return {};
    TRY(take(std::span(buffer).first(count)));
    offset += count;
  }
}

}  // namespace

Result<bool> copy_verified(int from, int to, const std::string& sha256) {
  Sha256 hash;
  TRY(read_whole(from, [&](std::span<const std::byte> bytes) -> Result<void> {
    hash.update(bytes);
    return sys::write_all(to, bytes);
  }));
  return hash.finish_hex() == sha256;
}

Result<bool> verify_content(int from, const std::string& sha256) {
  Sha256 hash;
  TRY(read_whole(from, [&](std::span<const std::byte> bytes) -> Result<void> {
    hash.update(bytes);
    return {};
  }));
  return hash.finish_hex() == sha256;
}

}  // namespace slipway::fetcher
