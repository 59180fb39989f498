#include "fetcher/cache/room_ahead.h"

#include <algorithm>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kLeastAhead = kMiB;
constexpr std::uint64_t kMostAhead = 128 * kMiB;
// As far as BodySink has blocks reserved for a body whose length is known, and the piece at hand.
constexpr std::uint64_t kReservedAhead = 66 * kMiB;

bool cannot_be_cached(const Error& why) {
  return why.is(std::errc::file_too_large) || why.is(std::errc::no_space_on_device);
}

}  // namespace

// A small cache is not emptied for a body that may be small too.
RoomAhead::RoomAhead(const Cache& cache, int file, std::function<void()> alive)
    : cache_(cache),
      file_(file),
      alive_(std::move(alive)),
      largest_(cache.largest().value_or(UINT64_MAX)),
      ahead_(std::clamp(largest_ / 8, kLeastAhead, kMostAhead)) {}

Result<void> RoomAhead::reached(std::uint64_t size, std::optional<std::uint64_t> total) {
  if (size == 0) room_to_ = 0;
  const std::uint64_t known = std::max(size, total.value_or(0));
  if (known > largest_) return cache_.make_room(known);  // which says why not
  const std::uint64_t end = total ? known : largest_;
  if (room_to_ >= std::min(end, size + (total ? kReservedAhead : ahead_ / 2))) return {};
  auto made = make_room_to(std::min(end, size + (total ? kMostAhead : ahead_)));
  // How much of an unknown length comes was a guess: there may be room for what does come.
  if (!made && !total && ahead_ > kLeastAhead) {
    ahead_ = kLeastAhead;
    made = make_room_to(std::min(end, size + ahead_));
  }
  if (made || !cannot_be_cached(made.error())) return {};
  return made;
}

// What is written is among the partials, and so is what was reserved for it: both are counted.
Result<void> RoomAhead::make_room_to(std::uint64_t end) {
  room_to_ = end;
  const std::uint64_t there = disk_bytes(TRY(sys::stat_fd(file_)));
  return there < end ? cache_.make_room(end - there, alive_) : Result<void>();
}

}  // namespace slipway::fetcher
