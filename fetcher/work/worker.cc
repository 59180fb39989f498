#include "fetcher/work/worker.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_key.h"
#include "fetcher/transfer/redacting_sink.h"
#include "fetcher/work/obtain.h"
#include "fetcher/work/tree_placement.h"
#include "fetcher/work/tree_step.h"
#include "fetcher/work/work_together.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

std::optional<Cache> open_cache(Fd root, const CacheLimits& limits, EventSink& events) {
  if (!root) return std::nullopt;
  auto cache = Cache::open(std::move(root), ::geteuid(), limits);
  if (cache) return *std::move(cache);
  events.tell(WarningEvent{cat("going on without the cache: ", cache.error().message())});
  return std::nullopt;
}

// What all threads of a stage work with, and the next step that nobody has taken yet.
struct Stage {
  const WorkOrder& order;
  int directory;  // of the staging area
  const Cache* cache;
  AgentCache* agents;
  EventSink& events;
  Layout layout;
  StepTrees trees;  // each step's is its thread's
  ExtractionSlots slots = {};
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
};

// Where a step's place in the entry leads to.
UnpackingStep unpacking_of(Stage& stage, Obtainer& obtainer, std::size_t index,
                           UriAccount& account) {
  const FetchPlan& plan = stage.order.plan;
  return {plan,        plan.steps[index], index,       stage.directory,
          stage.cache, obtainer,          stage.slots, account};
}

Result<FetchedEvent, TransferFailure> prefetch(Stage& stage, Obtainer& obtainer, std::size_t index,
                                               UriAccount& account) {
  const Content content = TRY(obtainer.prefetch(stage.order.plan.steps[index], account));
  prefetch_tree(unpacking_of(stage, obtainer, index, account), content);
  return FetchedEvent{index, content.source, content.bytes, content.sha256};
}

// What is not extracted, to where its file stands until all are there.
Result<FetchedEvent, TransferFailure> fetch_file(Stage& stage, Obtainer& obtainer,
                                                 std::size_t index, UriAccount& account) {
  const FetchStep& step = stage.order.plan.steps[index];
  const auto [parent, name] = TRY_LOCAL(staged_file(step, index, stage.directory, stage.layout));
  const Content content = TRY(obtainer.obtain(step, parent.get(), name, nullptr, account));
  return FetchedEvent{index, content.source, content.bytes, content.sha256};
}

Result<FetchedEvent, TransferFailure> fetch(Stage& stage, Obtainer& obtainer, std::size_t index,
                                            UriAccount& account) {
  if (stage.order.prefetch) return prefetch(stage, obtainer, index, account);
  if (!stage.order.plan.steps[index].extract) return fetch_file(stage, obtainer, index, account);
  auto unpacked = TRY(unpack(unpacking_of(stage, obtainer, index, account)));
  stage.trees[index] = std::move(unpacked.tree);
  return std::move(unpacked.event);
}

// The launcher is done with that step, and has told so. A tree that it has left where it is, is
// found again; one that was removed since is made anew.
Result<void, TransferFailure> take_over(Stage& stage, Obtainer& obtainer, std::size_t index,
                                        UriAccount& account) {
  const FetchPlan& plan = stage.order.plan;
  const FetchStep& step = plan.steps[index];
  if (stage.cache == nullptr || !plan.materialization.overlay || !may_use_tree(step)) return {};
  const auto hit = find_hit(*stage.cache, step, cache_key(step.uri));
  if (hit) stage.trees[index] = TreeStore(*stage.cache).find(tree_key_of(plan, step, hit->sha256));
  if (stage.trees[index]) return {};
  account.warn(cat("what the cache had of ", quote(step.uri.redacted()),
                   " was removed just now: fetching it anew"));
  auto unpacked = TRY(unpack(unpacking_of(stage, obtainer, index, account)));
  stage.trees[index] = std::move(unpacked.tree);
  return {};
}

// The life of one thread. A step that failed does not keep the others from being tried: every
// reason is told in one go.
void take_steps(Stage& stage) {
  const FetchPlan& plan = stage.order.plan;
  Transports transports(plan.transfers, stage.directory);
  Obtainer obtainer(plan, stage.cache, stage.agents, transports);
  for (std::size_t i = 0; (i = stage.next++) < plan.steps.size();) {
    const StepState state = state_of(stage.order, i);
    const bool silent = !stage.order.show_progress || state == StepState::kDone;
    UriAccount account(stage.events, i, silent ? ProgressEvents::kNo : ProgressEvents::kYes);
    if (state == StepState::kDone) {
      if (auto taken = take_over(stage, obtainer, i, account); !taken) {
        account.failed(taken.error());
        stage.failed = true;
      }
      continue;
    }
    if (state == StepState::kNew) account.started();
    auto fetched = fetch(stage, obtainer, i, account);
    if (fetched) {
      account.fetched(*std::move(fetched));
    } else {
      account.failed(fetched.error());
      stage.failed = true;
    }
  }
}

// Several steps at a time; where the system has no more threads, fewer.
void fetch_all(Stage& stage) {
  const FetchPlan& plan = stage.order.plan;
  stage.trees.resize(plan.steps.size());
  work_together(std::min<std::size_t>(plan.transfers.parallel, plan.steps.size()),
                [&stage] { take_steps(stage); });
}

// Does a step again whose tree was found to be damaged, or could not be copied, without it.
bool replace_tree(Stage& stage, const TreeProblem& problem) {
  const FetchPlan& plan = stage.order.plan;
  const std::size_t index = problem.step;
  auto& tree = stage.trees[index];
  if (!tree) {
    stage_failed(stage.events, problem.error);
    return false;
  }
  UriAccount account(stage.events, index, ProgressEvents::kNo);
  if (fails_for_sharing(plan.materialization, problem.error)) {
    account.failed(local_failure(problem.error));
    return false;
  }
  stage.events.tell(WarningEvent{cat("unpacking ", quote(plan.steps[index].uri.redacted()),
                                     " without a cached tree: ", problem.error.message())});
  const std::string key = tree->key;
  tree.reset();
  TreeStore(*stage.cache).discard_if_damaged(key, problem.error);
  Transports transports(plan.transfers, stage.directory);
  Obtainer obtainer(plan, stage.cache, stage.agents, transports);
  const auto done =
      unpack_plainly(unpacking_of(stage, obtainer, index, account), plan.steps[index]);
  if (!done) account.failed(done.error());
  return done.has_value();
}

// The trees that go to the sandbox. Each that cannot is replaced once.
std::optional<PlacedTrees> stage_all_trees(Stage& stage, int sandbox) {
  for (;;) {
    auto overlays =
        stage_trees(stage.order.plan, stage.trees, stage.cache, stage.directory, sandbox);
    if (overlays) return PlacedTrees{*std::move(overlays), &stage.trees};
    if (!replace_tree(stage, overlays.error())) return std::nullopt;
  }
}

}  // namespace

Outcome perform(const WorkOrder& order, int sandbox, Caches caches, EventSink& teller) {
  RedactingSink events(order.plan, teller);
  auto area = StagingArea::open(order, sandbox, caches.own_root);
  if (!area) return stage_failed(events, area.error());
  const auto cache = open_cache(std::move(caches.own_root), order.plan.cache_limits, events);
  Stage stage{
      order, area->fd(), cache ? &*cache : nullptr, caches.agents, events, layout_of(order.plan),
      {}};
  fetch_all(stage);
  std::optional<PlacedTrees> trees;
  if (!stage.failed && !order.prefetch) trees = stage_all_trees(stage, sandbox);
  const bool failed = stage.failed || (!order.prefetch && !trees);
  return area->finish(order, failed ? Outcome::kFailed : Outcome::kPlaced,
                      trees ? *std::move(trees) : PlacedTrees{}, events);
}

}  // namespace slipway::fetcher
