#include "fetcher/serve.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "fetcher/cache_key.h"
#include "fetcher/hit.h"
#include "fetcher/redacting_sink.h"
#include "fetcher/work_together.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// What all threads work with, and the next step that nobody has taken yet.
struct Service {
  WorkOrder& order;
  int stage;
  const Cache* cache;
  EventSink& events;
  Layout layout;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> unfinished = false;
};

// Nothing where it takes slipway-fetcher after all, which also says why.
std::optional<Content> take_hit(const Service& service, const FetchStep& step, std::size_t index,
                                UriAccount& account) {
  auto hit = find_hit(*service.cache, step, cache_key(step.uri));
  if (!hit || service.order.prefetch) return hit;
  const auto staged = staged_file(step, index, service.stage, service.layout);
  if (!staged) return std::nullopt;
  const PhaseTimer timer(account.times.verify);
  const auto same = deliver(step, *hit, staged->parent.get(), staged->name);
  return same && *same ? std::move(hit) : std::nullopt;
}

std::optional<Content> take_local(const Service& service, const FetchStep& step, std::size_t index,
                                  UriAccount& account) {
  const auto staged = staged_file(step, index, service.stage, service.layout);
  if (!staged) return std::nullopt;
  auto content = copy_local(step, staged->parent.get(), staged->name,
                            service.order.plan.transfers.limits, account);
  return content ? std::optional(*std::move(content)) : std::nullopt;
}

std::optional<Content> take(const Service& service, std::size_t index, UriAccount& account) {
  const FetchStep& step = service.order.plan.steps[index];
  if (needs_fetcher(step)) return std::nullopt;
  if (step.decision == CacheDecision::kDirect) return take_local(service, step, index, account);
  return service.cache != nullptr ? take_hit(service, step, index, account) : std::nullopt;
}

// The life of one thread.
void take_steps(Service& service) {
  WorkOrder& order = service.order;
  const auto progress = order.show_progress ? ProgressEvents::kYes : ProgressEvents::kNo;
  for (std::size_t i = 0; !service.unfinished && (i = service.next++) < order.plan.steps.size();) {
    UriAccount account(service.events, i, progress);
    account.started();
    order.states[i] = StepState::kBegun;
    const auto content = take(service, i, account);
    if (!content) {
      service.unfinished = true;
      return;
    }
    account.fetched({i, content->source, content->bytes, content->sha256});
    order.states[i] = StepState::kDone;
  }
}

}  // namespace

Served serve(WorkOrder& order, int sandbox, Fd cache_root, EventSink& teller) {
  RedactingSink events(order.plan, teller);
  auto area = StagingArea::open(order, sandbox, cache_root);
  if (!area) return Served::kUnfinished;
  std::optional<Cache> cache;
  if (cache_root) {
    auto opened = Cache::open_existing(std::move(cache_root), ::geteuid(), order.plan.cache_limits);
    if (!opened) return Served::kUnfinished;
    cache = *std::move(opened);
  }
  order.states.assign(order.plan.steps.size(), StepState::kNew);
  Service service{order, area->fd(), cache ? &*cache : nullptr, events, layout_of(order.plan)};
  work_together(std::min<std::size_t>(order.plan.transfers.parallel, order.plan.steps.size()),
                [&service] { take_steps(service); });
  if (service.unfinished) return Served::kUnfinished;
  const Outcome outcome = area->finish(order, Outcome::kPlaced, events);
  return outcome == Outcome::kPlaced ? Served::kPlaced : Served::kFailed;
}

}  // namespace slipway::fetcher
