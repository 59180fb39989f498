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
  contained([&] {
    (void)cache_->note_progress(*fill_, {}).has_value();
    noted_ = 0;
    make_room();
  });
}

void TransferWatch::make_room() {
  if (objection_) return;
  auto made = room_->reached(size_, total_);
  if (!made) objection_ = std::move(made).error();
}

// What cannot be noted is fetched anew after a failure: no reason to fail now. Of a body that is
// all there nothing is noted: it is published next.
void TransferWatch::note_progress() {
  constexpr std::chrono::seconds kPause(1);
  const auto now = std::chrono::steady_clock::now();
  if (sink_ == nullptr || size_ == noted_ || size_ == total_ || now < noted_at_ + kPause) return;
  (void)cache_->note_progress(*fill_, sink_->so_far()).has_value();
  noted_ = size_;
  noted_at_ = now;
}

void TransferWatch::written(std::uint64_t size) noexcept {
  size_ = size;
  if (content_ != nullptr) content_->written(size);
  contained([&] {
    account_.progress(size, total_);
    if (fill_ == nullptr) return;
    cache_->beat(*fill_);
    note_progress();
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
    if (fill_ == nullptr) return;
    cache_->beat(*fill_);
    note_progress();
  });
}

}  // namespace slipway::fetcher
