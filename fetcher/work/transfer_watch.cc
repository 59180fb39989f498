#include "fetcher/work/transfer_watch.h"

#include <exception>
#include <utility>

namespace slipway::fetcher {

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
  contained([&] {
    (void)cache_->identify(*fill_, identity).has_value();
    make_room();
  });
}

void TransferWatch::make_room() {
  if (objection_) return;
  auto made = room_->reached(size_, total_);
  if (!made) objection_ = std::move(made).error();
}

void TransferWatch::written(std::uint64_t size) noexcept {
  size_ = size;
  if (content_ != nullptr) content_->written(size);
  contained([&] {
    account_.progress(size, total_);
    if (fill_ == nullptr) return;
    cache_->beat(*fill_);
    make_room();
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
