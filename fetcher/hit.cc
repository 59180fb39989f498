#include "fetcher/hit.h"

#include <chrono>

#include "fetcher/body_sink.h"
#include "fetcher/pin_check.h"
#include "fetcher/transfer_watch.h"
#include "fetcher/transport_file.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

// A SHA-512 was checked when the entry was made; the entry has none to compare.
bool agrees(const std::optional<Pin>& pin, const CacheEntry& entry) {
  return !pin || pin->algorithm() != Pin::Algorithm::kSha256 || pin->hex() == entry.sha256;
}

}  // namespace

Content cached_content(CacheEntry entry, Fd object) {
  Content content{std::move(object),   entry.bytes,  entry.sha256, entry.mode,
                  FetchSource::kCache, std::nullopt, false};
  content.cached = std::move(entry);
  return content;
}

std::optional<Content> find_hit(const Cache& cache, const FetchStep& step, const std::string& key) {
  auto entry = cache.find(key);
  if (!entry || !agrees(step.uri.pin(), *entry)) return std::nullopt;
  auto object = cache.open_object(*entry);
  if (!object) return std::nullopt;
  cache.mark_used(key);
  return cached_content(*std::move(entry), *std::move(object));
}

Result<Fd> make_staged(int parent, const std::string& name) {
  return sys::open_at(parent, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
}

Result<bool> deliver(const FetchStep& step, const Content& content, int parent,
                     const std::string& name) {
  if (!places_file(step)) {
    // What this process has just written was hashed on the way.
    if (content.source != FetchSource::kCache) return true;
    return verify_content(content.file.get(), content.sha256);
  }
  const Fd file = TRY(make_staged(parent, name));
  if (!TRY(copy_verified(content.file.get(), file.get(), content.sha256))) return false;
  TRY(sys::change_mode(file.get(), mode_in_sandbox(step, content.mode)));
  return true;
}

Result<Content, TransferFailure> copy_local(const FetchStep& step, int parent,
                                            const std::string& name, const TransferLimits& limits,
                                            UriAccount& account) {
  Fd file = TRY_LOCAL(make_staged(parent, name));
  TransferWatch watch(file.get(), nullptr, nullptr, nullptr, account);
  BodySink sink(file.get(), limits.max_bytes, &watch, sha512_for(step.uri.pin()));
  const Received received = TRY(fetch_file(step.uri.target(), sink, deadline_of(limits)));
  TRY(check_pin(step.uri.pin(), received));
  TRY_LOCAL(sys::change_mode(file.get(), mode_in_sandbox(step, received.mode)));
  return received_content(step, std::move(file), received, nullptr);
}

}  // namespace slipway::fetcher
