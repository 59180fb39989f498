// Getting hold of what a URI names: from the cache, through the cache, or directly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/cache.h"
#include "fetcher/fetch_event.h"
#include "fetcher/fetch_plan.h"
#include "fetcher/transports.h"
#include "fetcher/uri_account.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// Content that is on this machine, complete and verified.
struct Content {
  Fd file;  // open for reading, by pread
  std::uint64_t bytes = 0;
  std::string sha256;
  std::optional<mode_t> mode;  // of a local source
  FetchSource source = FetchSource::kNetwork;
  std::optional<CacheEntry> cached;  // where it is the cache's file
  bool watched = false;              // the watcher saw it arrive
};

// Is told of a step's content while it comes. Only the last beginning counts: what came before was
// given up, or was damaged.
class ContentWatcher {
 public:
  ContentWatcher() = default;
  ContentWatcher(const ContentWatcher&) = delete;
  ContentWatcher& operator=(const ContentWatcher&) = delete;
  virtual ~ContentWatcher() = default;

  // From here on the content is written to `file` (borrowed for this call), from its start.
  virtual void begins(int file) = 0;
  // The first `size` bytes are there.
  virtual void written(std::uint64_t size) noexcept = 0;
  // It is all there; whether it is the right one is known when obtain() returns.
  virtual void arrived() noexcept = 0;
  virtual void failed() noexcept = 0;
};

// For one thread.
class Obtainer {
 public:
  // All borrowed; `cache` may be null.
  Obtainer(const FetchPlan& plan, const Cache* cache, Transports& transports)
      : plan_(plan), cache_(cache), transports_(transports) {}

  // The content of a step. Unless the step's file is not to stay in the sandbox, it lies at
  // `parent`/`name` with its final mode; what failed may lie there too, to be removed by the
  // caller. `watcher` may be null.
  Result<Content, TransferFailure> obtain(const FetchStep& step, int parent,
                                          const std::string& name, ContentWatcher* watcher,
                                          UriAccount& account);

  // The content of a step that goes through the cache, in the cache and nowhere else.
  Result<Content, TransferFailure> prefetch(const FetchStep& step, UriAccount& account);

 private:
  Result<Content, TransferFailure> obtain_direct(const FetchStep& step, int parent,
                                                 const std::string& name, ContentWatcher* watcher,
                                                 UriAccount& account);
  Result<std::optional<Content>, TransferFailure> obtain_cached(const FetchStep& step,
                                                                ContentWatcher* watcher,
                                                                UriAccount& account);
  Result<std::optional<Content>, TransferFailure> fill_cache(const FetchStep& step, CacheFill fill,
                                                             ContentWatcher* watcher,
                                                             UriAccount& account);
  std::optional<Content> reuse(const FetchStep& step, const std::string& key, UriAccount& account);
  bool still_current(const FetchStep& step, const std::string& key, const CacheEntry& entry,
                     UriAccount& account);
  void discard_damaged(const FetchStep& step, const CacheEntry& entry, UriAccount& account);
  Result<Received, TransferFailure> transfer(const Uri& uri, int into, const CacheFill* fill,
                                             ContentWatcher* watcher, UriAccount& account);

  const FetchPlan& plan_;
  const Cache* cache_;
  Transports& transports_;
};

// The error is this machine's.
TransferFailure local_failure(Error error);

}  // namespace slipway::fetcher

// As TRY, for functions that answer with a TransferFailure: an Error becomes one of this machine's.
#define TRY_LOCAL_AS(name, ...)                                                   \
  __extension__({                                                                 \
    auto name = (__VA_ARGS__);                                                    \
    if (!name) return ::slipway::fetcher::local_failure(std::move(name).error()); \
    ::slipway::detail::unwrap(std::move(name));                                   \
  })
#define TRY_LOCAL(...) TRY_LOCAL_AS(SLIPWAY_JOIN(slipway_local_, __COUNTER__), __VA_ARGS__)
