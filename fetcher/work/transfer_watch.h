// Passes on what a transfer says of its body: to who extracts it, to the cache it is written to, to
// who shows progress.
#pragma once

#include <chrono>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/content.h"
#include "fetcher/cache/room_ahead.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/uri_account.h"

namespace slipway::fetcher {

class TransferWatch final : public BodyWatcher {
 public:
  // All borrowed. `into` is the file; `cache` and `fill` are null where the cache has no part in
  // it, `content` where nobody watches.
  TransferWatch(int into, const Cache* cache, const CacheFill* fill, ContentWatcher* content,
                UriAccount& account)
      : into_(into), cache_(cache), fill_(fill), content_(content), account_(account) {
    if (fill_ != nullptr) room_.emplace(*cache_, into_, [fill] { Cache::beat(*fill); });
    if (fill_ != nullptr && fill_->left) total_ = fill_->left->identity.total;
    if (content_ != nullptr) content_->begins(into_);
  }

  // Borrowed: where the body goes, and what is to be noted of it for the next run.
  void follow(const BodySink& sink) { sink_ = &sink; }

  void identified(const BodyIdentity& identity) noexcept override;
  void written(std::uint64_t size) noexcept override;
  void restarted() noexcept override;
  void waiting() noexcept override;
  // That the cache cannot take the body.
  [[nodiscard]] const Error* objection() const noexcept override {
    return objection_ ? &*objection_ : nullptr;
  }

 private:
  // Runs what may throw inside of a C library, which must not see it: no memory is all it can be,
  // and the transfer will notice that itself.
  template <class Run>
  static void contained(const Run& run) noexcept;
  void make_room();
  void note_progress();

  int into_;
  const Cache* cache_;
  const CacheFill* fill_;
  ContentWatcher* content_;
  UriAccount& account_;
  std::optional<std::uint64_t> total_;
  std::uint64_t size_ = 0;
  const BodySink* sink_ = nullptr;
  std::uint64_t noted_ = 0;  // of it
  std::chrono::steady_clock::time_point noted_at_{};
  std::optional<RoomAhead> room_;  // where `fill_` is something
  std::optional<Error> objection_;
};

}  // namespace slipway::fetcher
