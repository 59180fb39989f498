// Reading contents of a cache, with their hash where there is one to compare with.
#include <functional>
#include <memory>
#include <span>

#include "fetcher/base/digest.h"
#include "fetcher/cache/cache.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// Reads `from` from its start to its end. False where the disk does not give it: that is as good
// as damaged. Errors are those of `take`.
Result<bool> read_whole(int from,
                        const std::function<Result<void>(std::span<const std::byte>)>& take) {
  constexpr std::size_t kPiece = std::size_t{256} * 1024;
  // Not cleared: of a small file only the first pages are ever touched, and each costs time.
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kPiece);
  std::uint64_t offset = 0;
  for (;;) {
    const auto count = sys::read_at(from, {buffer.get(), kPiece}, offset);
    if (!count) return false;
    if (*count == 0) return true;
    TRY(take(std::span(buffer.get(), *count)));
    offset += *count;
  }
}

// The digest of the whole of `from`, which is copied to the end of `to` where that is something;
// nothing where it cannot be read.
template <class Hash>
Result<std::optional<std::string>> hash_whole(int from, std::optional<int> to) {
  Hash hash;
  const bool read = TRY(read_whole(from, [&](std::span<const std::byte> bytes) -> Result<void> {
    hash.update(bytes);
    return to ? sys::write_all(*to, bytes) : Result<void>();
  }));
  return read ? std::optional(hash.finish_hex()) : std::nullopt;
}

}  // namespace

Result<bool> copy_verified(int from, int to, const std::string& sha256) {
  return TRY(hash_whole<Sha256>(from, to)) == sha256;
}

Result<bool> verify_content(int from, const std::string& sha256) {
  return TRY(hash_whole<Sha256>(from, std::nullopt)) == sha256;
}

Result<bool> copy_pinned(int from, std::optional<int> to, const std::optional<Pin>& pin) {
  if (pin && pin->algorithm() == Pin::Algorithm::kSha512) {
    return TRY(hash_whole<Sha512>(from, to)) == pin->hex();
  }
  if (pin) return TRY(hash_whole<Sha256>(from, to)) == pin->hex();
  if (!to) return true;
  return read_whole(from,
                    [&](std::span<const std::byte> bytes) { return sys::write_all(*to, bytes); });
}

}  // namespace slipway::fetcher
