#include "fetcher/work/serve.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "fetcher/cache/cache_key.h"
#include "fetcher/transfer/redacting_sink.h"
#include "fetcher/work/hit.h"
#include "fetcher/work/tree_use.h"
#include "fetcher/work/work_together.h"
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
  StepTrees trees;  // each step's is its thread's
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
  const auto same = deliver(step, *hit, service.order.plan.materialization.sharing, service.cache,
                            staged->parent.get(), staged->name);
  return same && *same ? std::move(hit) : std::nullopt;
}

std::optional<FetchedEvent> take_local(const Service& service, const FetchStep& step,
                                       std::size_t index, UriAccount& account) {
  const auto staged = staged_file(step, index, service.stage, service.layout);
  if (!staged) return std::nullopt;
  const auto received = copy_local(step, staged->parent.get(), staged->name,
                                   service.order.plan.transfers.limits, account);
  if (!received) return std::nullopt;
  return FetchedEvent{index, FetchSource::kLocal, received->bytes, received->sha256};
}

// An archive is not even read where its tree is used.
std::optional<FetchedEvent> take_tree(Service& service, const FetchStep& step, std::size_t index,
                                      UriAccount& account) {
  const FetchPlan& plan = service.order.plan;
  const auto hit = find_hit(*service.cache, step, cache_key(step.uri));
  if (!hit) return std::nullopt;
  const TreeStore store(*service.cache);
  auto tree = store.find(tree_key_of(plan, step, hit->sha256));
  if (!tree) return std::nullopt;
  FetchedEvent event{index, hit->source, hit->bytes, hit->sha256};
  event.entries = tree->record.entries;
  event.tree = tree_word(plan, *tree);
  const PhaseTimer timer(account.times.extract);
  // So that there is a place of its file, too.
  if (!staged_file(step, index, service.stage, service.layout)) return std::nullopt;
  const std::string key = tree->key;
  auto used = use_tree(plan, *std::move(tree), index, service.stage);
  if (!used) {
    store.discard_if_damaged(key, used.error());
    return std::nullopt;
  }
  service.trees[index] = *std::move(used);
  return event;
}

std::optional<FetchedEvent> take(Service& service, std::size_t index, UriAccount& account) {
  const FetchStep& step = service.order.plan.steps[index];
  const bool direct = step.decision == CacheDecision::kDirect;
  if (needs_fetcher(step) || (!direct && service.cache == nullptr)) return std::nullopt;
  if (step.extract && !service.order.prefetch) return take_tree(service, step, index, account);
  if (direct) return take_local(service, step, index, account);
  const auto content = take_hit(service, step, index, account);
  if (!content) return std::nullopt;
  return FetchedEvent{index, content->source, content->bytes, content->sha256};
}

// As take_tree() leaves them, to slipway-fetcher where they cannot be placed.
std::optional<PlacedTrees> place_trees(Service& service, int sandbox) {
  auto overlays =
      stage_trees(service.order.plan, service.trees, service.cache, service.stage, sandbox);
  if (!overlays) return std::nullopt;
  return PlacedTrees{*std::move(overlays), &service.trees};
}

// The life of one thread.
void take_steps(Service& service) {
  WorkOrder& order = service.order;
  const auto progress = order.show_progress ? ProgressEvents::kYes : ProgressEvents::kNo;
  for (std::size_t i = 0; !service.unfinished && (i = service.next++) < order.plan.steps.size();) {
    UriAccount account(service.events, i, progress);
    account.started();
    order.states[i] = StepState::kBegun;
    auto fetched = take(service, i, account);
    if (!fetched) {
      service.unfinished = true;
      return;
    }
    account.fetched(*std::move(fetched));
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
  Service service{order, area->fd(), cache ? &*cache : nullptr, events, layout_of(order.plan), {}};
  service.trees.resize(order.plan.steps.size());
  work_together(std::min<std::size_t>(order.plan.transfers.parallel, order.plan.steps.size()),
                [&service] { take_steps(service); });
  if (service.unfinished) return Served::kUnfinished;
  std::optional<PlacedTrees> trees;
  if (!order.prefetch && !(trees = place_trees(service, sandbox))) return Served::kUnfinished;
  const Outcome outcome =
      area->finish(order, Outcome::kPlaced, trees ? *std::move(trees) : PlacedTrees{}, events);
  return outcome == Outcome::kPlaced ? Served::kPlaced : Served::kFailed;
}

}  // namespace slipway::fetcher
