#include "fetcher/worker.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>

#include "fetcher/cache.h"
#include "fetcher/obtain.h"
#include "fetcher/redacting_sink.h"
#include "fetcher/streamed_extraction.h"
#include "fetcher/work_together.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Whose turn it is when extracting fails: this machine's where it has run out of something, else
// the archive is to blame.
FailureClass class_of(const Error& error) {
  switch (error.number()) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EROFS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EACCES:
      return FailureClass::kLocal;
    default:
      return FailureClass::kUser;
  }
}

// The name by which an archive is unpacked. mesos-fetcher judges by the URI's where its cache has
// it, whatever the output_file.
const std::string& archive_name(const FetchStep& step, const std::string& name) {
  return archive_format_of(name) == step.extract ? name : step.uri.file_name();
}

// Fetches a step that is not extracted to its place.
Result<FetchedEvent, TransferFailure> fetch_file_alone(Obtainer& obtainer, const FetchStep& step,
                                                       std::size_t index, int stage,
                                                       UriAccount& account) {
  const auto [parent, name] = TRY_LOCAL(staged_file(step, index, stage, Layout::kTogether));
  const Content content = TRY(obtainer.obtain(step, parent.get(), name, nullptr, account));
  return FetchedEvent{index, content.source, content.bytes, content.sha256};
}

// Fetches one step into stage/INDEX/file and, where it is extracted, stage/INDEX/tree.
Result<FetchedEvent, TransferFailure> fetch(Obtainer& obtainer, const FetchStep& step,
                                            std::size_t index, int stage,
                                            const ExtractLimits& limits, ExtractionSlots& slots,
                                            UriAccount& account) {
  const Fd own = TRY_LOCAL(make_directories(stage, {cat(index)}));
  const auto [parent, name] = TRY_LOCAL(staged_file(step, index, stage, Layout::kApart));
  std::optional<StreamedExtraction> extraction;
  if (step.extract)
    extraction.emplace(own.get(), *step.extract, archive_name(step, name), limits, slots);
  auto content =
      obtainer.obtain(step, parent.get(), name, extraction ? &*extraction : nullptr, account);
  if (!content) return std::move(content).error();
  FetchedEvent event{index, content->source, content->bytes, content->sha256};
  if (!extraction) return event;
  const PhaseTimer timer(account.times.extract);
  auto extracted = extraction->finish();
  if (!extracted) {
    const FailureClass kind = class_of(extracted.error());
    Error error =
        std::move(extracted).error().context(cat("extracting it (", name_of(*step.extract), ")"));
    if (kind == FailureClass::kUser) error = std::move(error).as(MessageCode::kFetchArchive);
    if (kind == FailureClass::kUser && error.remedy().empty()) {
      error = std::move(error).hint("\"extract\": false places it as it is, to be looked at");
    }
    return TransferFailure{kind, 0, std::move(error)};
  }
  event.entries = extracted->entries;
  return event;
}

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
  ExtractionSlots slots = {};
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
};

Result<FetchedEvent, TransferFailure> fetch_or_prefetch(Obtainer& obtainer, Stage& stage,
                                                        std::size_t index, UriAccount& account) {
  const FetchPlan& plan = stage.order.plan;
  if (!stage.order.prefetch && stage.layout == Layout::kTogether) {
    return fetch_file_alone(obtainer, plan.steps[index], index, stage.directory, account);
  }
  if (!stage.order.prefetch) {
    return fetch(obtainer, plan.steps[index], index, stage.directory, plan.extract_limits,
                 stage.slots, account);
  }
  const Content content = TRY(obtainer.prefetch(plan.steps[index], account));
  return FetchedEvent{index, content.source, content.bytes, content.sha256};
}

// The life of one thread. A step that failed does not keep the others from being tried: every
// reason is told in one go.
void take_steps(Stage& stage) {
  const FetchPlan& plan = stage.order.plan;
  Transports transports(plan.transfers, stage.directory);
  Obtainer obtainer(plan, stage.cache, stage.agents, transports);
  for (std::size_t i = 0; (i = stage.next++) < plan.steps.size();) {
    const StepState state = state_of(stage.order, i);
    if (state == StepState::kDone) continue;
    UriAccount account(stage.events, i,
                       stage.order.show_progress ? ProgressEvents::kYes : ProgressEvents::kNo);
    if (state == StepState::kNew) account.started();
    auto fetched = fetch_or_prefetch(obtainer, stage, i, account);
    if (fetched) {
      account.fetched(*std::move(fetched));
    } else {
      account.failed(fetched.error());
      stage.failed = true;
    }
  }
}

// Several steps at a time; where the system has no more threads, fewer.
Outcome fetch_all(const WorkOrder& order, int directory, Caches caches, EventSink& events) {
  const auto cache = open_cache(std::move(caches.own_root), order.plan.cache_limits, events);
  Stage stage{order,         directory, cache ? &*cache : nullptr,
              caches.agents, events,    layout_of(order.plan)};
  work_together(std::min<std::size_t>(order.plan.transfers.parallel, order.plan.steps.size()),
                [&stage] { take_steps(stage); });
  return stage.failed ? Outcome::kFailed : Outcome::kPlaced;
}

}  // namespace

Outcome perform(const WorkOrder& order, int sandbox, Caches caches, EventSink& teller) {
  RedactingSink events(order.plan, teller);
  auto area = StagingArea::open(order, sandbox, caches.own_root);
  if (!area) return stage_failed(events, area.error());
  const Outcome outcome = fetch_all(order, area->fd(), std::move(caches), events);
  return area->finish(order, outcome, events);
}

}  // namespace slipway::fetcher
