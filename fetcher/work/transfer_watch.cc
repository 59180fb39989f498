#include "fetcher/work/transfer_watch.h"

#include <exception>

namespace slipway::fetcher {

namespace {

// How far ahead of the body the cache makes room.
constexpr std::uint64_t kRoomStep = std::uint64_t{64} << 20;

}  // namespace

template <class Run>
void TransferWatch::contained(const Run& run) noexcept {
  try {
    run();
  } catch (const std::exception&) {
    return;
  }
}

void TransferWatch::identified(const BodyIdentity& identity) noexcept {
  total_ = identity.total;
  if (fill_ == nullptr) return;
  // One that cannot be recorded begins anew after a failure: no reason to fail now.
  contained([&] { (void)cache_->identify(*fill_, identity).has_value(); });
}

void TransferWatch::written(std::uint64_t size) noexcept {
  size_ = size;
  if (content_ != nullptr) content_->written(size);
  contained([&] {
    account_.progress(size, total_);
    if (fill_ == nullptr) return;
    cache_->beat(*fill_);
    if (size + kRoomStep <= room_for_) return;
    room_for_ = size + 2 * kRoomStep;
    // Where there is none to be had, the write that needs it will say so.
    (void)cache_->make_room(2 * kRoomStep).has_value();
  });
}

void TransferWatch::restarted() noexcept {
  size_ = 0;
  contained([&] {
    if (content_ != nullptr) content_->begins(into_);
  });
}

void TransferWatch::waiting() noexcept {
  contained([&] {
    account_.progress(size_, total_);
    if (fill_ != nullptr) cache_->beat(*fill_);
  });
}

}  // namespace slipway::fetcher
