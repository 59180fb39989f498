#include "fetcher/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <optional>

#include "fetcher/cache.h"
#include "fetcher/obtain.h"
#include "fetcher/placement.h"
#include "fetcher/streamed_extraction.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

constexpr char kStage[] = "stage";

// A file name may come from a URI's query, and a query may hold a secret: where the name that is
// shown differs from the real one, no message leaves with the real one in it.
class RedactingSink final : public EventSink {
 public:
  RedactingSink(const FetchPlan& plan, EventSink& inner) : inner_(inner) {
    for (const FetchStep& step : plan.steps) {
      const std::string name = step.destination.name();
      if (step.shown_destination.ends_with(name)) continue;
      hide(name, step.shown_destination);
      // What a lone .gz is extracted to.
      if (name.ends_with(".gz")) hide(name.substr(0, name.size() - 3), step.shown_destination);
    }
  }

  void tell(const FetchEvent& event) override {
    FetchEvent redacted = event;
    if (auto* failed = std::get_if<FailedEvent>(&redacted)) redact(failed->message);
    if (auto* warning = std::get_if<WarningEvent>(&redacted)) redact(warning->message);
    if (auto* failed = std::get_if<StageFailedEvent>(&redacted)) redact(failed->message);
    inner_.tell(redacted);
  }

 private:
  void hide(const std::string& name, const std::string& shown) {
    shown_.emplace(name, shown);
    shown_.emplace(escape(name), shown);  // as quote() writes it
  }

  void redact(std::string& message) const {
    for (const auto& [name, shown] : shown_) {
      for (std::size_t at = 0; (at = message.find(name, at)) != std::string::npos;
           at += shown.size()) {
        message.replace(at, name.size(), shown);
      }
    }
  }

  EventSink& inner_;
  std::map<std::string, std::string, std::greater<>> shown_;  // a name before its beginnings
};

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

// Fetches one step into stage/INDEX/file and, where it is extracted, stage/INDEX/tree.
Result<FetchedEvent, TransferFailure> fetch(Obtainer& obtainer, const FetchStep& step,
                                            std::size_t index, int stage,
                                            const ExtractLimits& limits) {
  const Fd own = TRY_LOCAL(make_directories(stage, {cat(index)}));
  auto directories = step.destination.components();
  const std::string name = std::move(directories.back());
  directories.back() = "file";
  std::rotate(directories.begin(), directories.end() - 1, directories.end());
  const Fd parent = TRY_LOCAL(make_directories(own.get(), directories));

  std::optional<StreamedExtraction> extraction;
  if (step.extract) extraction.emplace(own.get(), *step.extract, name, limits);
  auto content = obtainer.obtain(step, parent.get(), name, extraction ? &*extraction : nullptr);
  if (!content) return std::move(content).error();
  FetchedEvent event{index, content->source, content->bytes, content->sha256, 0};
  if (!extraction) return event;
  auto extracted = extraction->finish();
  if (!extracted) {
    return TransferFailure{
        class_of(extracted.error()), 0,
        std::move(extracted).error().context(cat("extracting it (", name_of(*step.extract), ")"))};
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
  const Fd all = TRY(make_directories(stage, {"all"}));
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
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

Result<Fd> make_stage(int private_dir) {
  // Whatever an earlier run that was killed has left.
  TRY(remove_tree(private_dir, kStage));
  TRY(sys::make_directory(private_dir, kStage, 0700));
  return sys::open_beneath(private_dir, kStage, O_RDONLY | O_DIRECTORY);
}

Outcome stage_failed(EventSink& events, const Error& error) {
  events.tell(StageFailedEvent{error.message(), error.remedy()});
  return Outcome::kFailed;
}

std::optional<Cache> open_cache(Fd root, EventSink& events) {
  if (!root) return std::nullopt;
  auto cache = Cache::open(std::move(root), ::geteuid());
  if (cache) return *std::move(cache);
  events.tell(WarningEvent{cat("going on without the cache: ", cache.error().message())});
  return std::nullopt;
}

Outcome fetch_all(const FetchPlan& plan, int stage, Fd cache_root, EventSink& events) {
  Obtainer obtainer(open_cache(std::move(cache_root), events), plan.offline,
                    [&](std::string message) { events.tell(WarningEvent{std::move(message)}); });
  Outcome outcome = Outcome::kPlaced;
  // One that failed does not keep the others from being tried: every reason is told in one go.
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    auto fetched = fetch(obtainer, plan.steps[i], i, stage, plan.extract_limits);
    if (fetched) {
      events.tell(*std::move(fetched));
    } else {
      const TransferFailure& failure = fetched.error();
      events.tell(FailedEvent{i, failure.kind, failure.status, failure.error.message(),
                              failure.error.remedy()});
      outcome = Outcome::kFailed;
    }
  }
  return outcome;
}

}  // namespace

Outcome perform(const WorkOrder& order, int sandbox, Fd cache_root, EventSink& teller) {
  RedactingSink events(order.plan, teller);
  auto private_dir = sys::open_beneath(sandbox, sandbox::kPrivateDir, O_RDONLY | O_DIRECTORY);
  if (!private_dir) return stage_failed(events, private_dir.error());
  auto stage = make_stage(private_dir->get());
  if (!stage) {
    return stage_failed(events, std::move(stage).error().context("making the staging area"));
  }
  Outcome outcome = fetch_all(order.plan, stage->get(), std::move(cache_root), events);
  if (outcome == Outcome::kPlaced) {
    if (auto placed = place(order.plan, stage->get(), sandbox); !placed) {
      outcome = stage_failed(events, placed.error());
    }
  }
  if (auto removed = remove_tree(private_dir->get(), kStage); !removed) {
    events.tell(
        WarningEvent{cat("the staging area could not be removed: ", removed.error().message())});
  }
  if (outcome == Outcome::kPlaced) events.tell(PlacedEvent{});
  return outcome;
}

}  // namespace slipway::fetcher
