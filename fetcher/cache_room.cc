#include "fetcher/cache_room.h"

#include <algorithm>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Error too_large(std::uint64_t bytes, std::uint64_t limit) {
  return Error(std::make_error_code(std::errc::file_too_large),
               cat(bytes, " bytes do not fit into a cache of ", limit));
}

}  // namespace

Result<CacheBounds> bounds_of(const CacheDirectory& directory, const CacheLimits& limits) {
  const sys::Space space = TRY(sys::space_of(directory.fd()));
  CacheBounds bounds{limits.max_bytes, limits.free_space_reserve, space.available};
  if (bounds.limit == CacheLimits::kAutomatic) bounds.limit = std::min(10 * kGiB, space.size / 10);
  if (bounds.reserve == CacheLimits::kAutomatic) bounds.reserve = std::min(kGiB, space.size / 100);
  return bounds;
}

Result<void> CacheRoom::make_room(std::uint64_t bytes) const {
  const CacheBounds bounds = TRY(bounds_of(directory_, limits_));
  if (bytes > bounds.limit) return too_large(bytes, bounds.limit);
  return {};
}

Result<void> CacheRoom::admit(int file, const std::string& from, const std::string& object) const {
  const std::uint64_t bytes = disk_bytes(TRY(sys::stat_fd(file)));
  TRY(make_room(bytes));
  return directory_.rename(from, object);
}

}  // namespace slipway::fetcher
