#include "fetcher/worker.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <optional>

#include "fetcher/cache.h"
#include "fetcher/cache_key.h"
#include "fetcher/extract.h"
#include "fetcher/placement.h"
#include "fetcher/transport.h"
#include "fetcher/transport_file.h"
#include "fetcher/transport_http.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

using std::chrono::milliseconds;

constexpr char kStage[] = "stage";
// Who waits longer for another slipway's download starts one of its own: an agent gives up on an
// executor that has not registered after a minute or two.
constexpr milliseconds kLockPatience{120'000};
// One conditional request in all (decided for the same reason).
constexpr milliseconds kRevalidatePatience{3'000};

std::int64_t now_seconds() {
  return static_cast<std::int64_t>(::time(nullptr));
}

TransferFailure local_failure(Error error) {
  return {FailureClass::kLocal, 0, std::move(error)};
}

// As TRY, for functions that answer with a TransferFailure: the error is this machine's.
#define TRY_LOCAL(...)                                                          \
  __extension__({                                                               \
    auto slipway_local = (__VA_ARGS__);                                         \
    if (!slipway_local) return local_failure(std::move(slipway_local).error()); \
    ::slipway::detail::unwrap(std::move(slipway_local));                        \
  })

template <class T>
using Transferred = Result<T, TransferFailure>;

Transferred<Received> transfer(const Uri& uri, int into) {
  switch (uri.scheme()) {
    case Scheme::kFile:
      return fetch_file(uri.target(), into, {});
    case Scheme::kHttp:
    case Scheme::kHttps:
      return fetch_http(uri.target(), into, {});
  }
  return local_failure(Error("unknown scheme"));
}

// The mode of a file in the sandbox: 0755 for an executable; a local source's own, less what others
// could write; else 0644. The owner can always replace it.
mode_t mode_in_sandbox(const FetchStep& step, std::optional<mode_t> source_mode) {
  if (step.executable) return 0755;
  return source_mode ? (*source_mode & 0755) | 0600 : 0644;
}

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

// Content that is on this machine, in a file of its own or in the cache.
struct Content {
  Fd file;  // open for reading, by pread
  std::uint64_t bytes = 0;
  std::string sha256;
  std::optional<mode_t> mode;  // of a local source
  FetchSource source = FetchSource::kNetwork;
  bool in_cache = false;  // then the file belongs to the cache and is copied
};

class Worker {
 public:
  Worker(int stage, std::optional<Cache> cache, EventSink& events)
      : stage_(stage), cache_(std::move(cache)), events_(events) {}

  // Fetches one step into stage/INDEX/file and stage/INDEX/tree.
  Transferred<FetchedEvent> fetch(const FetchStep& step, std::size_t index) {
    const Fd own = TRY_LOCAL(make_directories(stage_, {cat(index)}));
    const Fd files = TRY_LOCAL(make_directories(own.get(), {"file"}));
    auto directories = step.destination.components();
    const std::string name = std::move(directories.back());
    directories.pop_back();
    const Fd parent = TRY_LOCAL(make_directories(files.get(), directories));

    auto content = obtain(step, parent.get(), name);
    if (!content) return std::move(content).error();
    FetchedEvent event{index, content->source, content->bytes, content->sha256, 0};
    if (step.extract) {
      const Fd tree = TRY_LOCAL(make_directories(own.get(), {"tree"}));
      auto extracted = extract(content->file.get(), *step.extract, name, tree.get(), {});
      if (!extracted) {
        return TransferFailure{FailureClass::kUser, 0,
                               std::move(extracted).error().context(
                                   cat("extracting it (", name_of(*step.extract), ")"))};
      }
      event.entries = extracted->entries;
    }
    return event;
  }

 private:
  // The content of a step. Where it has to stay in the sandbox as a file, it lies at
  // `parent`/`name` with its final mode.
  Transferred<Content> obtain(const FetchStep& step, int parent, const std::string& name) {
    if (step.decision == CacheDecision::kDirect || !cache_)
      return obtain_direct(step, parent, name);
    // A damaged copy is discarded and fetched anew, once.
    for (int tries = 0; tries < 2; ++tries) {
      auto content = obtain_cached(step);
      if (!content) return std::move(content).error();
      if (!*content) return obtain_direct(step, parent, name);
      const bool good = TRY_LOCAL(deliver(step, **content, parent, name));
      if (good) return *std::move(*content);
      warn(
          cat("the cached copy of ", quote(step.uri.redacted()), " was damaged: fetching it anew"));
      const std::string key = cache_key(step.uri);
      if (const auto entry = cache_->find(key)) TRY_LOCAL(cache_->discard(key, *entry));
    }
    return obtain_direct(step, parent, name);
  }

  Transferred<Content> obtain_direct(const FetchStep& step, int parent, const std::string& name) {
    Fd file = TRY_LOCAL(sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
    auto received = transfer(step.uri, file.get());
    if (!received) return std::move(received).error();
    TRY_LOCAL(sys::change_mode(file.get(), mode_in_sandbox(step, received->mode)));
    if (!step.keep_archive) TRY_LOCAL(sys::unlink(parent, name));
    return Content{std::move(file),
                   received->bytes,
                   received->sha256,
                   received->mode,
                   step.uri.is_local() ? FetchSource::kLocal : FetchSource::kNetwork,
                   false};
  }

  // From the cache or through it; nothing where the cache cannot be used (which was said).
  Transferred<std::optional<Content>> obtain_cached(const FetchStep& step) {
    const std::string key = cache_key(step.uri);
    if (step.decision == CacheDecision::kUse || step.decision == CacheDecision::kRevalidate) {
      if (auto content = reuse(step, key)) return std::optional(*std::move(content));
    }
    auto fill = cache_->begin_fill(key, kLockPatience);
    if (!fill) return without_cache(step, std::move(fill).error());
    if (!*fill) {
      return without_cache(step, Error(cat("another slipway has been fetching it for ",
                                           kLockPatience.count() / 1000, " s")));
    }
    // Somebody may have fetched it while we waited for the lock, or since the plan was made.
    const auto entry = cache_->find(key);
    if (entry && entry->generation != step.generation) {
      if (auto object = cache_->open_object(*entry))
        return cached_content(*entry, *std::move(object));
    }
    return fill_cache(step, *std::move(*fill));
  }

  // The copy that the plan decided about, if it is still there and may be used.
  std::optional<Content> reuse(const FetchStep& step, const std::string& key) {
    const auto entry = cache_->find(key);
    if (!entry) return std::nullopt;
    auto object = cache_->open_object(*entry);
    if (!object) return std::nullopt;
    if (step.decision == CacheDecision::kRevalidate && entry->generation == step.generation &&
        !still_current(step, key, *entry)) {
      return std::nullopt;
    }
    return *cached_content(*entry, *std::move(object));
  }

  bool still_current(const FetchStep& step, const std::string& key, const CacheEntry& entry) {
    const auto freshness =
        revalidate_http(step.uri.target(), entry.validators, kRevalidatePatience);
    if (freshness) {
      if (*freshness == Freshness::kChanged) return false;
      // That the copy is current holds whether or not it can be recorded.
      if (auto touched = cache_->touch(key, entry, now_seconds()); !touched) {
        warn(cat("the cache cannot be written: ", touched.error().message()));
      }
      return true;
    }
    // The server answered that the resource is gone or refused: fetching it tells that properly.
    if (freshness.error().kind != FailureClass::kTransient) return false;
    warn(cat("cannot ask whether the cached copy of ", quote(step.uri.redacted()), " is current (",
             freshness.error().error.message(), "): using it as it is"));
    return true;
  }

  Transferred<std::optional<Content>> fill_cache(const FetchStep& step, CacheFill fill) {
    auto received = transfer(step.uri, fill.file.get());
    if (!received) {
      if (received.error().kind == FailureClass::kLocal) {
        return without_cache(step, std::move(received).error().error);
      }
      return std::move(received).error();
    }
    CacheEntry entry{received->sha256,
                     received->bytes,
                     received->validators,
                     now_seconds(),
                     received->mode,
                     step.uri.redacted(),
                     {}};
    auto published = cache_->publish(std::move(fill), std::move(entry));
    if (!published) return without_cache(step, std::move(published).error());
    Content content = *cached_content(published->first, std::move(published->second));
    content.source = step.uri.is_local() ? FetchSource::kLocal : FetchSource::kNetwork;
    return std::optional(std::move(content));
  }

  static std::optional<Content> cached_content(const CacheEntry& entry, Fd object) {
    return Content{std::move(object), entry.bytes,         entry.sha256,
                   entry.mode,        FetchSource::kCache, true};
  }

  std::optional<Content> without_cache(const FetchStep& step, const Error& why) {
    warn(cat("fetching ", quote(step.uri.redacted()), " without the cache: ", why.message()));
    return std::nullopt;
  }

  // Copies cached content to its place in the staging area, or verifies it where it is only
  // extracted. False where it is not what it should be.
  static Result<bool> deliver(const FetchStep& step, const Content& content, int parent,
                              const std::string& name) {
    if (step.extract && !step.keep_archive)
      return verify_content(content.file.get(), content.sha256);
    const Fd file = TRY(sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
    if (!TRY(copy_verified(content.file.get(), file.get(), content.sha256))) return false;
    TRY(sys::change_mode(file.get(), mode_in_sandbox(step, content.mode)));
    return true;
  }

  void warn(std::string message) { events_.tell(WarningEvent{std::move(message)}); }

  int stage_;
  std::optional<Cache> cache_;
  EventSink& events_;
};

// Puts the finished pieces together in the order of the entry, then the whole into the sandbox:
// what cannot be put together is found while the sandbox is still untouched.
Result<void> place(const WorkOrder& order, int stage, int sandbox) {
  const Fd all = TRY(make_directories(stage, {"all"}));
  for (std::size_t i = 0; i < order.plan.steps.size(); ++i) {
    for (const char* part : {"file", "tree"}) {
      auto piece = sys::open_beneath(stage, cat(i, '/', part), O_RDONLY | O_DIRECTORY);
      if (!piece) continue;  // not every step has a tree
      TRY(merge(piece->get(), all.get())
              .context(cat("placing ", quote(order.plan.steps[i].uri.redacted()))));
    }
  }
  if (TRY(sys::find_at(all.get(), sandbox::kPrivateDir))) {
    return Error(cat("an archive holds ", quote(sandbox::kPrivateDir),
                     ", which is slipway's own place in "
                     "the sandbox"));
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

Outcome fetch_all(const WorkOrder& order, int stage, Fd cache_root, EventSink& events) {
  Worker worker(stage, open_cache(std::move(cache_root), events), events);
  Outcome outcome = Outcome::kPlaced;
  // One that failed does not keep the others from being tried: every reason is told in one go.
  for (std::size_t i = 0; i < order.plan.steps.size(); ++i) {
    auto fetched = worker.fetch(order.plan.steps[i], i);
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

Outcome perform(const WorkOrder& order, int sandbox, Fd cache_root, EventSink& events) {
  auto private_dir = sys::open_beneath(sandbox, sandbox::kPrivateDir, O_RDONLY | O_DIRECTORY);
  if (!private_dir) return stage_failed(events, private_dir.error());
  auto stage = make_stage(private_dir->get());
  if (!stage)
    return stage_failed(events, std::move(stage).error().context("making the staging area"));
  Outcome outcome = fetch_all(order, stage->get(), std::move(cache_root), events);
  if (outcome == Outcome::kPlaced) {
    if (auto placed = place(order, stage->get(), sandbox); !placed) {
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
