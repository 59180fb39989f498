#include "fetcher/transfer/uri_account.h"

namespace slipway::fetcher {

namespace {

constexpr std::chrono::milliseconds kBetweenProgress{100};

}  // namespace

void UriAccount::retry(const TransferFailure& failed, unsigned made, unsigned of,
                       std::chrono::milliseconds pause) {
  events_.tell(
      RetryEvent{uri_, made, of, pause, failed.kind, failed.status, failed.error.message()});
}

void UriAccount::progress(std::uint64_t bytes, std::optional<std::uint64_t> total) {
  if (progress_ == ProgressEvents::kNo) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_progress_ < kBetweenProgress) return;
  last_progress_ = now;
  events_.tell(ProgressEvent{uri_, bytes, total});
}

void UriAccount::fetched(FetchedEvent event) {
  event.uri = uri_;
  event.tries = tries;
  event.times = times;
  events_.tell(event);
}

void UriAccount::failed(const TransferFailure& failure) {
  const Error error = Error(failure.error).as(usual_code(failure.kind));
  events_.tell(FailedEvent{uri_, failure.kind, code_of(error), failure.status,
                           failure.error.message(), failure.error.remedy(), failure.excerpt, tries,
                           times});
}

}  // namespace slipway::fetcher
