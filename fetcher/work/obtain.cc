#include "fetcher/work/obtain.h"

#include <time.h>

#include <chrono>

#include "fetcher/cache/cache_key.h"
#include "fetcher/transfer/download.h"
#include "fetcher/transfer/pin_check.h"
#include "fetcher/work/transfer_watch.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using std::chrono::milliseconds;

// Of a body that is unpacked as it comes: the decoder need not wait long for its first bytes, and
// there is less to hold while eight of them come.
constexpr std::size_t kWatchedPiece = std::size_t{256} << 10;

std::int64_t now_seconds() {
  return static_cast<std::int64_t>(::time(nullptr));
}

std::optional<Content> without_cache(const FetchStep& step, const Error& why, UriAccount& account) {
  account.warn(cat("fetching ", quote(step.uri.redacted()), " without the cache: ", why.message()));
  return std::nullopt;
}

}  // namespace

Result<Received, TransferFailure> Obtainer::transfer(const Uri& uri, int into,
                                                     const CacheFill* fill, ContentWatcher* watcher,
                                                     UriAccount& account) {
  if (!may_fetch(uri, plan_.offline)) {
    return TransferFailure{
        FailureClass::kUser, 0,
        Error("the cache cannot serve it, and --cache-policy=offline forbids to fetch it")
            .as(MessageCode::kFetchOffline)};
  }
  TransferWatch watch(into, cache_, fill, watcher, account);
  BodySink sink(into, plan_.transfers.limits.max_bytes, &watch, sha512_for(uri.pin()),
                watcher != nullptr ? kWatchedPiece : BodySink::kPiece);
  if (fill != nullptr) watch.follow(sink);
  if (fill != nullptr && fill->left) TRY_LOCAL(sink.adopt(*fill->left));
  auto received = download(uri, sink, plan_.transfers, transports_, end_, account);
  // What came is worth keeping for the next run, where it goes on from there.
  if (!received && fill != nullptr && !sink.failed() && sink.flush()) {
    (void)cache_->note_progress(*fill, sink.so_far()).has_value();
  }
  if (watcher != nullptr) received ? watcher->arrived() : watcher->failed();
  return received;
}

Result<Content, TransferFailure> Obtainer::obtain(const FetchStep& step, int parent,
                                                  const std::string& name, ContentWatcher* watcher,
                                                  UriAccount& account) {
  end_ = deadline_of(plan_.transfers.limits);
  if (!step.agent_cache_file.empty()) return obtain_agents(step, parent, name, watcher, account);
  if (step.decision == CacheDecision::kDirect || cache_ == nullptr) {
    return obtain_direct(step, parent, name, watcher, account);
  }
  // A damaged copy is discarded and fetched anew, once.
  for (int tries = 0; tries < 2 && cache_ != nullptr; ++tries) {
    auto content = obtain_cached(step, watcher, account);
    if (!content) return std::move(content).error();
    if (!*content) break;
    show(**content, watcher);
    const PhaseTimer timer(account.times.verify);
    if (TRY_LOCAL(deliver(step, **content, plan_.materialization.sharing, cache_, parent, name)))
      return *std::move(*content);
    if ((*content)->cached) discard_damaged(step, *(*content)->cached, account);
  }
  return obtain_direct(step, parent, name, watcher, account);
}

Result<Content, TransferFailure> Obtainer::prefetch(const FetchStep& step, UriAccount& account) {
  if (cache_ == nullptr) return local_failure(Error("there is no cache to put it into"));
  end_ = deadline_of(plan_.transfers.limits);
  auto content = obtain_cached(step, nullptr, account);
  if (!content) return std::move(content).error();
  if (!*content || !(*content)->cached) {
    return local_failure(Error("it could not be put into the cache"));
  }
  return *std::move(*content);
}

Result<Content, TransferFailure> Obtainer::obtain_direct(const FetchStep& step, int parent,
                                                         const std::string& name,
                                                         ContentWatcher* watcher,
                                                         UriAccount& account) {
  Fd file = TRY_LOCAL(make_staged(parent, name));
  auto received = transfer(step.uri, file.get(), nullptr, watcher, account);
  if (!received) return std::move(received).error();
  TRY_LOCAL(sys::change_mode(file.get(), mode_in_sandbox(step, received->mode)));
  if (places_file(step)) {
    TRY_LOCAL(sys::check_written(file.get()));
  } else {
    TRY_LOCAL(sys::unlink(parent, name));
  }
  return received_content(step, std::move(file), *received, watcher);
}

// From the cache or through it; nothing where the cache cannot be used, which was said.
Result<std::optional<Content>, TransferFailure> Obtainer::obtain_cached(const FetchStep& step,
                                                                        ContentWatcher* watcher,
                                                                        UriAccount& account) {
  const std::string key = cache_key(step.uri);
  if (step.decision == CacheDecision::kUse || step.decision == CacheDecision::kRevalidate) {
    if (auto content = reuse(step, key, account)) return std::optional(*std::move(content));
  }
  const milliseconds patience = plan_.cache_limits.lock_patience;
  auto fill = [&] {
    const PhaseTimer timer(account.times.wait);
    return cache_->begin_fill(key, patience, end_);
  }();
  if (!fill) return without_cache(step, fill.error(), account);
  if (!*fill && end_ && std::chrono::steady_clock::now() >= *end_) {
    return TransferFailure{FailureClass::kTransient, 0,
                           Error("the slipway that is fetching it was not ready in time")};
  }
  if (!*fill) {
    return without_cache(step,
                         Error(cat("the slipway that is fetching it has given no sign of life for ",
                                   patience.count(), " ms")),
                         account);
  }
  // Somebody may have fetched it while we waited for the lock, or since the plan was made.
  if (auto hit = find_hit(*cache_, step, key); hit && hit->cached->generation != step.generation) {
    cache_->abandon(*std::move(*fill));
    return hit;
  }
  return fill_cache(step, *std::move(*fill), watcher, account);
}

std::optional<Content> Obtainer::current(const FetchStep& step, UriAccount& account) {
  if (cache_ == nullptr) return std::nullopt;
  return reuse(step, cache_key(step.uri), account);
}

// The copy that the plan decided about, if it is still there and may be used.
std::optional<Content> Obtainer::reuse(const FetchStep& step, const std::string& key,
                                       UriAccount& account) {
  auto hit = find_hit(*cache_, step, key);
  if (!hit) return std::nullopt;
  // One that was fetched since the plan was made needs no question.
  const bool ask =
      step.decision == CacheDecision::kRevalidate && hit->cached->generation == step.generation;
  if (ask && !still_current(step, key, *hit->cached, account)) return std::nullopt;
  return hit;
}

bool Obtainer::still_current(const FetchStep& step, const std::string& key, const CacheEntry& entry,
                             UriAccount& account) {
  const PhaseTimer timer(account.times.first_byte);
  ++account.tries;
  const auto freshness = transports_.revalidate(step.uri, entry.validators);
  if (freshness) {
    if (*freshness == Freshness::kChanged) return false;
    // That the copy is current holds whether or not it can be recorded.
    if (auto touched = cache_->touch(key, entry, now_seconds()); !touched) {
      account.warn(cat("the cache cannot be written: ", touched.error().message()));
    }
    return true;
  }
  // The server answered that the resource is gone or refused: fetching it tells that properly.
  if (freshness.error().kind != FailureClass::kTransient) return false;
  account.warn(cat("cannot ask whether the cached copy of ", quote(step.uri.redacted()),
                   " is current (", freshness.error().error.message(), "): using it as it is"));
  return true;
}

// What was filled, also where it cannot stay in the cache: it is here, so nobody fetches it again.
Result<std::optional<Content>, TransferFailure> Obtainer::fill_cache(const FetchStep& step,
                                                                     CacheFill fill,
                                                                     ContentWatcher* watcher,
                                                                     UriAccount& account) {
  auto received = transfer(step.uri, fill.file.get(), &fill, watcher, account);
  if (!received) {
    if (received.error().kind == FailureClass::kTransient) {
      cache_->keep(std::move(fill));
      return std::move(received).error();
    }
    // Half a file would take room from the direct fetch that follows.
    cache_->abandon(std::move(fill));
    if (received.error().kind != FailureClass::kLocal) return std::move(received).error();
    return without_cache(step, received.error().error, account);
  }
  Content content =
      received_content(step, TRY_LOCAL(sys::duplicate(fill.file.get())), *received, watcher);
  auto published = cache_->publish(std::move(fill), {received->sha256,
                                                     received->bytes,
                                                     received->validators,
                                                     now_seconds(),
                                                     received->mode,
                                                     step.uri.redacted(),
                                                     {}});
  if (published) {
    content.cached = std::move(published->first);
    content.file = std::move(published->second);
  } else {
    account.warn(cat(quote(step.uri.redacted()),
                     " does not stay in the cache: ", published.error().message()));
  }
  return std::optional(std::move(content));
}

void Obtainer::discard_damaged(const FetchStep& step, const CacheEntry& entry,
                               UriAccount& account) {
  account.warn(cat("the cached copy of ", quote(step.uri.redacted()), " was damaged",
                   plan_.offline ? "" : ": fetching it anew"));
  // A cache that cannot be mended is as good as none.
  if (!cache_->discard(cache_key(step.uri), entry)) cache_ = nullptr;
}

}  // namespace slipway::fetcher
