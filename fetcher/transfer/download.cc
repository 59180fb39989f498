#include "fetcher/transfer/download.h"

#include <algorithm>
#include <random>
#include <thread>

#include "fetcher/transfer/pin_check.h"

namespace slipway::fetcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Part of the longest pause, so that those who failed together do not come back together.
double chance() {
  thread_local std::minstd_rand engine{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

void wait(milliseconds pause, BodyWatcher* watcher) {
  constexpr milliseconds kSlice{1000};
  for (const auto end = Clock::now() + pause; Clock::now() < end;) {
    if (watcher != nullptr) watcher->waiting();
    std::this_thread::sleep_until(std::min(end, Clock::now() + kSlice));
  }
}

// The pause before the next try, or nothing where that was the last.
std::optional<milliseconds> next_try(const TransferFailure& failed, const RetryPolicy& policy,
                                     unsigned tries, const Deadline& end) {
  const auto pause =
      pause_after(policy, tries, {failed.kind, failed.status, failed.retry_after}, chance());
  if (pause && end && Clock::now() + *pause >= *end) return std::nullopt;
  return pause;
}

Result<Received, TransferFailure> with_retries(const Uri& uri, BodySink& sink,
                                               const TransferSettings& settings,
                                               Transports& transports, const Deadline& end,
                                               UriAccount& account) {
  for (unsigned tries = 1;; ++tries) {
    account.tries += uri.is_local() ? 0U : 1U;
    auto received = transports.transfer(uri, sink, end, account.times);
    if (received) return received;
    const auto pause = next_try(received.error(), settings.retry, tries, end);
    if (!pause) return received;
    account.retry(received.error(), tries, settings.retry.retries + 1, *pause);
    const PhaseTimer timer(account.times.wait);
    wait(*pause, sink.watcher());
  }
}

}  // namespace

Result<Received, TransferFailure> download(const Uri& uri, BodySink& sink,
                                           const TransferSettings& settings, Transports& transports,
                                           const Deadline& end, UriAccount& account) {
  const bool adopted = sink.received() > 0;
  auto received = with_retries(uri, sink, settings, transports, end, account);
  if (!received) return received;
  auto right = check_pin(uri.pin(), *received);
  if (right) return received;
  if (!adopted) return std::move(right).error();
  // What an earlier run left may be to blame: once more, without it.
  if (!sink.begin({})) return sink.failure();
  received = with_retries(uri, sink, settings, transports, end, account);
  if (!received) return received;
  TRY(check_pin(uri.pin(), *received));
  return received;
}

}  // namespace slipway::fetcher
