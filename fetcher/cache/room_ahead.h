// Room in the cache for one body while it comes: so that neither the limit nor the reserve is
// passed by what is only being filled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "fetcher/cache/cache.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class RoomAhead {
 public:
  // Both borrowed; `file` is the cache's, in which the body is written. `alive` as in
  // Cache::make_room().
  RoomAhead(const Cache& cache, int file, std::function<void()> alive = {});

  // The first `size` bytes of the body are there, of `total` where that is known: makes room for
  // what comes next, at most 128 MiB of it. To be called with 0 when a body begins. Errors:
  // std::errc::file_too_large, std::errc::no_space_on_device: this body cannot be in the cache.
  // Whatever else goes wrong says nothing about the body, and is not told.
  Result<void> reached(std::uint64_t size, std::optional<std::uint64_t> total);

 private:
  Result<void> make_room_to(std::uint64_t end);

  const Cache& cache_;
  int file_;
  std::function<void()> alive_;
  std::uint64_t largest_;
  std::uint64_t ahead_;        // how far is asked for at once
  std::uint64_t room_to_ = 0;  // the cache has been asked for so many bytes of the body
};

}  // namespace slipway::fetcher
