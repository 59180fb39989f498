// Getting hold of what a URI names: from the cache, through the cache, or directly.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fetcher/cache.h"
#include "fetcher/fetch_event.h"
#include "fetcher/fetch_plan.h"
#include "fetcher/transport.h"
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
class ContentWatcher : public BodyWatcher {
 public:
  // From here on the content is written to `file` (borrowed for this call), from its start.
  virtual void begins(int file) = 0;
  // It is all there; whether it is the right one is known when obtain() returns.
  virtual void arrived() noexcept = 0;
  virtual void failed() noexcept = 0;
};

class Obtainer {
 public:
  // `warn` is told, one line each, what went wrong without failing the step.
  Obtainer(std::optional<Cache> cache, bool offline, std::function<void(std::string)> warn)
      : cache_(std::move(cache)), offline_(offline), warn_(std::move(warn)) {}

  // The content of a step. Unless the step's file is not to stay in the sandbox, it lies at
  // `parent`/`name` with its final mode; what failed may lie there too, to be removed by the
  // caller. `watcher` may be null.
  Result<Content, TransferFailure> obtain(const FetchStep& step, int parent,
                                          const std::string& name, ContentWatcher* watcher);

 private:
  Result<Content, TransferFailure> obtain_direct(const FetchStep& step, int parent,
                                                 const std::string& name, ContentWatcher* watcher);
  Result<std::optional<Content>, TransferFailure> obtain_cached(const FetchStep& step,
                                                                ContentWatcher* watcher);
  Result<std::optional<Content>, TransferFailure> fill_cache(const FetchStep& step, CacheFill fill,
                                                             ContentWatcher* watcher);
  std::optional<Content> reuse(const FetchStep& step, const std::string& key);
  bool still_current(const FetchStep& step, const std::string& key, const CacheEntry& entry);
  std::optional<Content> without_cache(const FetchStep& step, const Error& why);
  void discard_damaged(const FetchStep& step, const CacheEntry& entry);
  Result<Received, TransferFailure> transfer(const Uri& uri, int into,
                                             ContentWatcher* watcher) const;

  std::optional<Cache> cache_;
  bool offline_;
  std::function<void(std::string)> warn_;
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
