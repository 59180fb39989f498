#include "fetcher/obtain.h"

#include <time.h>

#include <chrono>

#include "fetcher/cache_key.h"
#include "fetcher/transport_file.h"
#include "fetcher/transports.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using std::chrono::milliseconds;

// Who waits longer for another slipway's download starts one of its own: an agent gives up on an
// executor that has not registered after a minute or two.
constexpr milliseconds kLockPatience{120'000};
// One conditional request in all, for the same reason.
constexpr milliseconds kRevalidatePatience{3'000};

std::int64_t now_seconds() {
  return static_cast<std::int64_t>(::time(nullptr));
}

// The mode of a file in the sandbox: 0755 for an executable; a local source's own, less what others
// could write; else 0644. The owner can always replace it.
mode_t mode_in_sandbox(const FetchStep& step, std::optional<mode_t> source_mode) {
  if (step.executable) return 0755;
  return source_mode ? (*source_mode & 0755) | 0600 : 0644;
}

FetchSource origin_of(const FetchStep& step) {
  return step.uri.is_local() ? FetchSource::kLocal : FetchSource::kNetwork;
}

Content cached_content(const CacheEntry& entry, Fd object) {
  return Content{std::move(object),   entry.bytes, entry.sha256, entry.mode,
                 FetchSource::kCache, entry,       false};
}

Result<Received, TransferFailure> transfer_from(const Uri& uri, int into, BodyWatcher* watcher) {
  const TransferSettings settings;
  PhaseTimes times;
  BodySink sink(into, settings.limits.max_bytes, watcher);
  return Transports(settings).transfer(uri, sink, std::nullopt, times);
}

// Shows the watcher content that is all there. It need not wait until that is verified: what it
// makes of it counts only then.
void show(const Content& content, ContentWatcher* watcher) {
  if (watcher == nullptr || content.watched) return;
  watcher->begins(content.file.get());
  watcher->written(content.bytes);
  watcher->arrived();
}

// Copies cached content to its place, or verifies it where it is only extracted. False where it is
// not what it should be.
Result<bool> deliver(const FetchStep& step, const Content& content, int parent,
                     const std::string& name) {
  if (step.extract && !step.keep_archive) {
    // What this process has just written was hashed on the way.
    if (content.source != FetchSource::kCache) return true;
    return verify_content(content.file.get(), content.sha256);
  }
  const Fd file = TRY(sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  if (!TRY(copy_verified(content.file.get(), file.get(), content.sha256))) return false;
  TRY(sys::change_mode(file.get(), mode_in_sandbox(step, content.mode)));
  return true;
}

}  // namespace

TransferFailure local_failure(Error error) {
  return {FailureClass::kLocal, 0, std::move(error)};
}

Result<Received, TransferFailure> Obtainer::transfer(const Uri& uri, int into,
                                                     ContentWatcher* watcher) const {
  if (offline_ && !uri.is_local()) {
    return TransferFailure{
        FailureClass::kUser, 0,
        Error("the cache cannot serve it, and --cache-policy=offline forbids to fetch it")};
  }
  if (watcher == nullptr) return transfer_from(uri, into, nullptr);
  watcher->begins(into);
  auto received = transfer_from(uri, into, watcher);
  received ? watcher->arrived() : watcher->failed();
  return received;
}

Result<Content, TransferFailure> Obtainer::obtain(const FetchStep& step, int parent,
                                                  const std::string& name,
                                                  ContentWatcher* watcher) {
  if (step.decision == CacheDecision::kDirect || !cache_) {
    return obtain_direct(step, parent, name, watcher);
  }
  // A damaged copy is discarded and fetched anew, once.
  for (int tries = 0; tries < 2 && cache_; ++tries) {
    auto content = obtain_cached(step, watcher);
    if (!content) return std::move(content).error();
    if (!*content) break;
    show(**content, watcher);
    if (TRY_LOCAL(deliver(step, **content, parent, name))) return *std::move(*content);
    discard_damaged(step, *(*content)->cached);
  }
  return obtain_direct(step, parent, name, watcher);
}

Result<Content, TransferFailure> Obtainer::obtain_direct(const FetchStep& step, int parent,
                                                         const std::string& name,
                                                         ContentWatcher* watcher) {
  Fd file = TRY_LOCAL(sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  auto received = transfer(step.uri, file.get(), watcher);
  if (!received) return std::move(received).error();
  TRY_LOCAL(sys::change_mode(file.get(), mode_in_sandbox(step, received->mode)));
  if (!step.keep_archive) TRY_LOCAL(sys::unlink(parent, name));
  return Content{std::move(file), received->bytes, received->sha256,  received->mode,
                 origin_of(step), std::nullopt,    watcher != nullptr};
}

// From the cache or through it; nothing where the cache cannot be used, which was said.
Result<std::optional<Content>, TransferFailure> Obtainer::obtain_cached(const FetchStep& step,
                                                                        ContentWatcher* watcher) {
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
  if (const auto entry = cache_->find(key); entry && entry->generation != step.generation) {
    if (auto object = cache_->open_object(*entry)) {
      cache_->abandon(*std::move(*fill));
      return std::optional(cached_content(*entry, *std::move(object)));
    }
  }
  return fill_cache(step, *std::move(*fill), watcher);
}

// The copy that the plan decided about, if it is still there and may be used.
std::optional<Content> Obtainer::reuse(const FetchStep& step, const std::string& key) {
  const auto entry = cache_->find(key);
  if (!entry) return std::nullopt;
  auto object = cache_->open_object(*entry);
  if (!object) return std::nullopt;
  // One that was fetched since the plan was made needs no question.
  const bool ask =
      step.decision == CacheDecision::kRevalidate && entry->generation == step.generation;
  if (ask && !still_current(step, key, *entry)) return std::nullopt;
  return cached_content(*entry, *std::move(object));
}

bool Obtainer::still_current(const FetchStep& step, const std::string& key,
                             const CacheEntry& entry) {
  const auto freshness = revalidate_http(step.uri.target(), entry.validators, kRevalidatePatience);
  if (freshness) {
    if (*freshness == Freshness::kChanged) return false;
    // That the copy is current holds whether or not it can be recorded.
    if (auto touched = cache_->touch(key, entry, now_seconds()); !touched) {
      warn_(cat("the cache cannot be written: ", touched.error().message()));
    }
    return true;
  }
  // The server answered that the resource is gone or refused: fetching it tells that properly.
  if (freshness.error().kind != FailureClass::kTransient) return false;
  warn_(cat("cannot ask whether the cached copy of ", quote(step.uri.redacted()), " is current (",
            freshness.error().error.message(), "): using it as it is"));
  return true;
}

Result<std::optional<Content>, TransferFailure> Obtainer::fill_cache(const FetchStep& step,
                                                                     CacheFill fill,
                                                                     ContentWatcher* watcher) {
  auto received = transfer(step.uri, fill.file.get(), watcher);
  if (!received) {
    // Half a file would take room from the direct fetch that follows.
    cache_->abandon(std::move(fill));
    if (received.error().kind != FailureClass::kLocal) return std::move(received).error();
    return without_cache(step, received.error().error);
  }
  CacheEntry entry{received->sha256,
                   received->bytes,
                   received->validators,
                   now_seconds(),
                   received->mode,
                   step.uri.redacted(),
                   {}};
  auto published = cache_->publish(std::move(fill), std::move(entry));
  if (!published) return without_cache(step, published.error());
  Content content = cached_content(published->first, std::move(published->second));
  content.source = origin_of(step);
  content.watched = watcher != nullptr;
  return std::optional(std::move(content));
}

std::optional<Content> Obtainer::without_cache(const FetchStep& step, const Error& why) {
  warn_(cat("fetching ", quote(step.uri.redacted()), " without the cache: ", why.message()));
  return std::nullopt;
}

void Obtainer::discard_damaged(const FetchStep& step, const CacheEntry& entry) {
  warn_(cat("the cached copy of ", quote(step.uri.redacted()), " was damaged",
            offline_ ? "" : ": fetching it anew"));
  // A cache that cannot be mended is as good as none.
  if (!cache_->discard(cache_key(step.uri), entry)) cache_.reset();
}

}  // namespace slipway::fetcher
