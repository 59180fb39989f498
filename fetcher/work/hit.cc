#include "fetcher/work/hit.h"

#include "fetcher/base/boot.h"
#include "fetcher/base/file_identity.h"
#include "fetcher/cache/cache_key.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/pin_check.h"
#include "fetcher/transfer/transport_file.h"
#include "fetcher/work/transfer_watch.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// A SHA-512 was checked when the entry was made; the entry has none to compare.
bool agrees(const std::optional<Pin>& pin, const CacheEntry& entry) {
  return !pin || pin->algorithm() != Pin::Algorithm::kSha256 || pin->hex() == entry.sha256;
}

// Its blocks were read in this boot, by who noted the identity: nothing of the cache is synced, so
// of what was only written the identity says nothing.
bool is_known_unread(const Content& content) {
  return content.cached && !content.cached->boot.empty() && content.cached->boot == boot_word() &&
         identity_unchanged(content.file.get(), content.cached->identity);
}

// The hash of a SHA-512 is in no entry: it is computed anew each time. `to` as for copy_pinned().
Result<bool> copy_right(const FetchStep& step, const Content& content, int from,
                        std::optional<int> to) {
  const auto& pin = step.uri.pin();
  if (pin && pin->algorithm() == Pin::Algorithm::kSha512) return copy_pinned(from, to, pin);
  return to ? copy_verified(from, *to, content.sha256) : verify_content(from, content.sha256);
}

// Whether what copy_right() says is the hash of the entry.
bool is_noteworthy(const FetchStep& step, const Content& content, const Cache* cache) {
  const auto& pin = step.uri.pin();
  return cache != nullptr && content.cached &&
         (!pin || pin->algorithm() == Pin::Algorithm::kSha256);
}

// Makes the empty file `into` one that shares its blocks. Nothing where it must be copied; false
// where the content is not what it should be.
Result<std::optional<bool>> share(const FetchStep& step, const Content& content, Sharing sharing,
                                  const Cache* cache, int into) {
  if (sharing == Sharing::kNever || content.bytes == 0) return std::optional<bool>();
  const int from = content.file.get();
  const bool known = is_known_unread(content);
  const std::string identity = known ? std::string() : identity_of(TRY(sys::stat_fd(from)));
  const auto cloned = sys::clone_file(from, into);
  if (!cloned || !*cloned) {
    // Also where blocks that were never written are to be shared and the disk is full (EIO,
    // ENOSPC).
    if (sharing == Sharing::kWherePossible) return std::optional<bool>();
    if (!cloned) return cloned.error();
    return Error("the file systems of cache and sandbox cannot share its blocks (reflink)")
        .hint("--materialize=auto copies it then");
  }
  if (known) return std::optional(identity_unchanged(from, content.cached->identity));
  // Of the copy, which nobody else has: whatever becomes of the cache's meanwhile, and from the
  // disk, where its blocks are.
  const bool right = TRY(copy_right(step, content, into, std::nullopt));
  if (right && is_noteworthy(step, content, cache) && identity_unchanged(from, identity)) {
    (void)cache->note_identity(cache_key(step.uri), *content.cached, identity).has_value();
  }
  return std::optional(right);
}

// As content of the cache. Whether it is what `entry` says shows when it is delivered.
Content cached_content(CacheEntry entry, Fd object) {
  Content content{std::move(object),   entry.bytes,  entry.sha256, entry.mode,
                  FetchSource::kCache, std::nullopt, false};
  content.cached = std::move(entry);
  return content;
}

}  // namespace

std::optional<Content> find_hit(const Cache& cache, const FetchStep& step, const std::string& key) {
  auto entry = cache.find(key);
  if (!entry || !agrees(step.uri.pin(), *entry)) return std::nullopt;
  auto object = cache.open_object(*entry);
  if (!object) return std::nullopt;
  cache.mark_used(key);
  return cached_content(*std::move(entry), *std::move(object));
}

Result<bool> is_right(const FetchStep& step, const Content& content) {
  return copy_right(step, content, content.file.get(), std::nullopt);
}

Result<Fd> make_staged(int parent, const std::string& name) {
  return sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
}

Result<bool> deliver(const FetchStep& step, const Content& content, Sharing sharing,
                     const Cache* cache, int parent, const std::string& name) {
  if (!places_file(step)) {
    // What this process has just written was hashed on the way.
    if (content.source != FetchSource::kCache) return true;
    return is_right(step, content);
  }
  Fd file = TRY(make_staged(parent, name));
  const auto shared = TRY(share(step, content, sharing, cache, file.get()));
  if (shared && !*shared) return false;
  if (!shared && !TRY(copy_right(step, content, content.file.get(), file.get()))) return false;
  TRY(sys::change_mode(file.get(), mode_in_sandbox(step, content.mode)));
  TRY(file.close());
  return true;
}

Result<Received, TransferFailure> copy_local(const FetchStep& step, int parent,
                                             const std::string& name, const TransferLimits& limits,
                                             UriAccount& account) {
  Fd file = TRY_LOCAL(make_staged(parent, name));
  TransferWatch watch(file.get(), nullptr, nullptr, nullptr, account);
  BodySink sink(file.get(), limits.max_bytes, &watch, sha512_for(step.uri.pin()));
  Received received = TRY(fetch_file(step.uri.target(), sink, deadline_of(limits)));
  TRY(check_pin(step.uri.pin(), received));
  TRY_LOCAL(sys::change_mode(file.get(), mode_in_sandbox(step, received.mode)));
  TRY_LOCAL(file.close());
  return received;
}

}  // namespace slipway::fetcher
