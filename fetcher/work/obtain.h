// Getting hold of what a URI names: from the cache, through the cache, or directly.
#pragma once

#include <optional>
#include <string>

#include "fetcher/cache/agent_cache.h"
#include "fetcher/cache/cache.h"
#include "fetcher/cache/content.h"
#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/transports.h"
#include "fetcher/transfer/uri_account.h"
#include "fetcher/work/hit.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// For one thread.
class Obtainer {
 public:
  // All borrowed; `cache` and `agents`, for steps that name a file of it, may be null.
  Obtainer(const FetchPlan& plan, const Cache* cache, AgentCache* agents, Transports& transports)
      : plan_(plan), cache_(cache), agents_(agents), transports_(transports) {}

  // The content of a step. Unless the step's file is not to stay in the sandbox, it lies at
  // `parent`/`name` with its final mode; what failed may lie there too, to be removed by the
  // caller. `watcher` may be null.
  Result<Content, TransferFailure> obtain(const FetchStep& step, int parent,
                                          const std::string& name, ContentWatcher* watcher,
                                          UriAccount& account);

  // What the cache has of a step that the plan wants used or revalidated, if it is current; nothing
  // is read of it.
  std::optional<Content> current(const FetchStep& step, UriAccount& account);

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
  // obtain_agents.cc
  Result<Content, TransferFailure> obtain_agents(const FetchStep& step, int parent,
                                                 const std::string& name, ContentWatcher* watcher,
                                                 UriAccount& account);
  Result<std::optional<Content>, TransferFailure> from_agents(const FetchStep& step,
                                                              ContentWatcher* watcher,
                                                              UriAccount& account);
  Result<std::optional<Content>, TransferFailure> fill_agents(const FetchStep& step, AgentFill fill,
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
  AgentCache* agents_;
  Transports& transports_;
  Deadline end_;  // of the step at hand
};

}  // namespace slipway::fetcher
