// Passes on what a transfer says of its body: to who extracts it, to the cache it is written to, to
// who shows progress.
#pragma once

#include "fetcher/cache/cache.h"
#include "fetcher/cache/content.h"
#include "fetcher/transfer/uri_account.h"

namespace slipway::fetcher {

class TransferWatch final : public BodyWatcher {
 public:
  // All borrowed. `into` is the file; `cache` and `fill` are null where the cache has no part in
  // it, `content` where nobody watches.
  TransferWatch(int into, const Cache* cache, const CacheFill* fill, ContentWatcher* content,
                UriAccount& account)
      : into_(into), cache_(cache), fill_(fill), content_(content), account_(account) {
    if (content_ != nullptr) content_->begins(into_);
  }

  void identified(const BodyIdentity& identity) noexcept override;
  void written(std::uint64_t size) noexcept override;
  void restarted() noexcept override;
  void waiting() noexcept override;

 private:
  // Runs what may throw inside of a C library, which must not see it: no memory is all it can be,
  // and the transfer will notice that itself.
  template <class Run>
  static void contained(const Run& run) noexcept;

  int into_;
  const Cache* cache_;
  const CacheFill* fill_;
  ContentWatcher* content_;
  UriAccount& account_;
  std::optional<std::uint64_t> total_;
  std::uint64_t size_ = 0;
  std::uint64_t room_for_ = 0;  // the cache has been asked for room for so many bytes
};

}  // namespace slipway::fetcher
