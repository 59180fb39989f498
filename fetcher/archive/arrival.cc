#include "fetcher/archive/arrival.h"

#include <algorithm>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

void Arrival::written(std::uint64_t size) noexcept {
  {
    const std::lock_guard lock(mutex_);
    size_ = size;
  }
  changed_.notify_all();
}

bool Arrival::has_failed() const {
  const std::scoped_lock lock(mutex_);
  return state_ == State::kFailed;
}

void Arrival::end(State state) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kFailed) return;
    state_ = state;
  }
  changed_.notify_all();
}

Result<std::uint64_t> Arrival::wait_beyond(std::uint64_t offset) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] { return size_ > offset || state_ != State::kArriving; };
  if (!enough()) {
    const auto before = std::chrono::steady_clock::now();
    changed_.wait(lock, enough);
    waited_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - before).count();
  }
  if (state_ == State::kFailed) return Error("it did not arrive whole");
  return size_;
}

Result<std::uint64_t> Arrival::wait_for_all() {
  return wait_beyond(UINT64_MAX);
}

Result<std::size_t> ArrivingFile::read(std::span<std::byte> into) {
  const std::uint64_t there = TRY(arrival_.wait_beyond(consumed_));
  if (there <= consumed_) return std::size_t{0};
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(there - consumed_, into.size()));
  const std::size_t count = TRY(sys::read_at(file_, into.first(wanted), consumed_));
  if (count == 0) return Error("the file became shorter while it was read");
  consumed_ += count;
  return count;
}

}  // namespace slipway::fetcher
