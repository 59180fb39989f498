#include "fetcher/worker.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

#include "fetcher/cache.h"
#include "fetcher/obtain.h"
#include "fetcher/placement.h"
#include "fetcher/redacting_sink.h"
#include "fetcher/start_thread.h"
#include "fetcher/streamed_extraction.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

constexpr char kStage[] = "stage";

// Opens a directory of the staging area, making it and its parents.
Result<Fd> make_directories(int base, const std::vector<std::string>& names) {
  Fd at = TRY(sys::duplicate(base));
  for (const std::string& name : names) {
    if (auto made = sys::make_directory(at.get(), name, 0755);
        !made && !made.error().is(std::errc::file_exists)) {
      return std::move(made).error();
    }
    at = TRY(sys::open_beneath(at.get(), name, O_RDONLY | O_DIRECTORY));
  }
  return at;
}

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

constexpr char kAll[] = "all";

// Where neither another file nor an archive's members can be in their way, files are put together
// as they come.
bool holds_files_alone(const FetchPlan& plan) {
  return std::ranges::none_of(plan.steps,
                              [](const FetchStep& each) { return each.extract.has_value(); }) &&
         !files_meet(plan);
}

// The name by which an archive is unpacked. mesos-fetcher judges by the URI's where its cache has
// it, whatever the output_file.
const std::string& archive_name(const FetchStep& step, const std::string& name) {
  return archive_format_of(name) == step.extract ? name : step.uri.file_name();
}

// Fetches a step that is not extracted to its place in stage/all.
Result<FetchedEvent, TransferFailure> fetch_file_alone(Obtainer& obtainer, const FetchStep& step,
                                                       std::size_t index, int stage,
                                                       UriAccount& account) {
  auto directories = step.destination.components();
  const std::string name = std::move(directories.back());
  directories.back() = kAll;
  std::rotate(directories.begin(), directories.end() - 1, directories.end());
  const Fd parent = TRY_LOCAL(make_directories(stage, directories));
  const Content content = TRY(obtainer.obtain(step, parent.get(), name, nullptr, account));
  return FetchedEvent{index, content.source, content.bytes, content.sha256};
}

// Fetches one step into stage/INDEX/file and, where it is extracted, stage/INDEX/tree.
Result<FetchedEvent, TransferFailure> fetch(Obtainer& obtainer, const FetchStep& step,
                                            std::size_t index, int stage,
                                            const ExtractLimits& limits, ExtractionSlots& slots,
                                            UriAccount& account) {
  const Fd own = TRY_LOCAL(make_directories(stage, {cat(index)}));
  auto directories = step.destination.components();
  const std::string name = std::move(directories.back());
  directories.back() = "file";
  std::rotate(directories.begin(), directories.end() - 1, directories.end());
  const Fd parent = TRY_LOCAL(make_directories(own.get(), directories));

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

Result<void> put_together(const FetchStep& step, std::size_t index, int stage, int all) {
  const Fd file = TRY(sys::open_beneath(stage, cat(index, "/file"), O_RDONLY | O_DIRECTORY));
  TRY(merge(file.get(), all));
  if (!step.extract) return {};
  const Fd tree = TRY(sys::open_beneath(stage, cat(index, "/tree"), O_RDONLY | O_DIRECTORY));
  return merge(tree.get(), all);
}

// Puts the finished pieces together in the order of the entry, then the whole into the sandbox:
// what cannot be put together is found while the sandbox is still untouched.
Result<void> place(const FetchPlan& plan, int stage, int sandbox) {
  const Fd all = TRY(make_directories(stage, {kAll}));
  const std::size_t apart = holds_files_alone(plan) ? 0 : plan.steps.size();
  for (std::size_t i = 0; i < apart; ++i) {
    TRY(put_together(plan.steps[i], i, stage, all.get())
            .context(cat("placing ", quote(plan.steps[i].uri.redacted()))));
  }
  if (TRY(sys::find_at(all.get(), sandbox::kPrivateDir))) {
    return Error(cat("an archive holds ", quote(sandbox::kPrivateDir),
                     ", which is slipway's own place in the sandbox"));
  }
  TRY(check_merge(all.get(), sandbox).context("placing the files in the sandbox"));
  return merge(all.get(), sandbox).context("placing the files in the sandbox");
}

Result<Fd> make_stage(int private_dir, const std::string& name) {
  // Whatever an earlier run that was killed has left.
  TRY(remove_tree(private_dir, name));
  TRY(sys::make_directory(private_dir, name, 0700));
  return sys::open_beneath(private_dir, name, O_RDONLY | O_DIRECTORY);
}

Outcome stage_failed(EventSink& events, const Error& error) {
  events.tell(StageFailedEvent{code_of(Error(error).as(MessageCode::kFetch)), error.message(),
                               error.remedy()});
  return Outcome::kFailed;
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
  bool files_alone;
  ExtractionSlots slots = {};
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
};

Result<FetchedEvent, TransferFailure> fetch_or_prefetch(Obtainer& obtainer, Stage& stage,
                                                        std::size_t index, UriAccount& account) {
  const FetchPlan& plan = stage.order.plan;
  if (!stage.order.prefetch && stage.files_alone) {
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
    UriAccount account(stage.events, i,
                       stage.order.show_progress ? ProgressEvents::kYes : ProgressEvents::kNo);
    account.started();
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
              caches.agents, events,    holds_files_alone(order.plan)};
  const std::size_t wanted =
      std::min<std::size_t>(order.plan.transfers.parallel, order.plan.steps.size());
  std::vector<std::thread> others;
  while (others.size() + 1 < wanted) {
    others.push_back(start_thread([&stage] { take_steps(stage); }));
    if (!others.back().joinable()) {
      others.pop_back();
      break;
    }
  }
  take_steps(stage);
  for (std::thread& each : others) each.join();
  return stage.failed ? Outcome::kFailed : Outcome::kPlaced;
}

// The directory in which the staging area is made: slipway's own in the sandbox, or where there is
// none the cache's.
Result<Fd> open_private(const WorkOrder& order, int sandbox, const Fd& cache_root) {
  if (!order.prefetch) {
    return sys::open_beneath(sandbox, sandbox::kPrivateDir, O_RDONLY | O_DIRECTORY);
  }
  if (!cache_root) return Error("there is no cache to fetch into");
  return sys::duplicate(cache_root.get());
}

}  // namespace

Outcome perform(const WorkOrder& order, int sandbox, Caches caches, EventSink& teller) {
  RedactingSink events(order.plan, teller);
  auto private_dir = open_private(order, sandbox, caches.own_root);
  if (!private_dir) return stage_failed(events, private_dir.error());
  // Several may prefetch at once; a sandbox is one slipway's.
  const std::string name = order.prefetch ? cat(kStage, '.', ::getpid()) : std::string(kStage);
  auto stage = make_stage(private_dir->get(), name);
  if (!stage) {
    return stage_failed(events, std::move(stage).error().context("making the staging area"));
  }
  Outcome outcome = fetch_all(order, stage->get(), std::move(caches), events);
  if (outcome == Outcome::kPlaced && !order.prefetch) {
    if (auto placed = place(order.plan, stage->get(), sandbox); !placed) {
      outcome = stage_failed(events, placed.error());
    }
  }
  if (auto removed = remove_tree(private_dir->get(), name); !removed) {
    events.tell(
        WarningEvent{cat("the staging area could not be removed: ", removed.error().message())});
  }
  if (outcome == Outcome::kPlaced) events.tell(PlacedEvent{});
  return outcome;
}

}  // namespace slipway::fetcher
