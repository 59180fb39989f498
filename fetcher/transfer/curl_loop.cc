#include "fetcher/transfer/curl_loop.h"

#include <curl/curl.h>

#include <algorithm>

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{1000};

// How long to wait for the network before the deadlines must be looked at again.
Result<milliseconds, TransferFailure> time_left(const StallClock& clock,
                                                const TransferDeadlines& deadlines,
                                                const std::string& host_port) {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = now + kTick;
  if (deadlines.end) {
    if (now >= *deadlines.end) {
      return transient_failure(cat("the transfer from ", host_port, " was not complete in time"));
    }
    next = std::min(next, *deadlines.end);
  }
  const milliseconds stall = clock.patience.count() > 0 ? clock.patience : deadlines.stall;
  if (clock.running && stall.count() > 0) {
    const Clock::time_point stalled = clock.last_byte + stall;
    if (now >= stalled) {
      return transient_failure(cat(host_port, " sent nothing for ", duration_text(stall)));
    }
    next = std::min(next, stalled);
  }
  return std::chrono::ceil<milliseconds>(next - now);
}

// The transfer of `easy` while it is in `multi`.
class Attached {
 public:
  Attached(CURLM* multi, CURL* easy)
      : multi_(multi), easy_(easy), code_(::curl_multi_add_handle(multi, easy)) {}
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() { ::curl_multi_remove_handle(multi_, easy_); }

  Result<CURLcode, TransferFailure> run(const StallClock& clock, const TransferDeadlines& deadlines,
                                        const std::string& host_port, BodyWatcher* watcher) {
    auto next_sign = Clock::now() + kTick;
    for (;;) {
      int running = 0;
      if (code_ == CURLM_OK) code_ = ::curl_multi_perform(multi_, &running);
      if (code_ != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      if (running == 0) return verdict();
      const milliseconds left = TRY(time_left(clock, deadlines, host_port));
      code_ = ::curl_multi_poll(multi_, nullptr, 0, static_cast<int>(left.count()), nullptr);
      if (watcher == nullptr || Clock::now() < next_sign) continue;
      watcher->waiting();
      next_sign = Clock::now() + kTick;
    }
  }

 private:
  CURLcode verdict() {
    int queued = 0;
    const CURLMsg* message = ::curl_multi_info_read(multi_, &queued);
    return message != nullptr ? message->data.result : CURLE_OUT_OF_MEMORY;
  }

  CURLM* multi_;
  CURL* easy_;
  CURLMcode code_;
};

// Once in a process: libcurl wants it so.
CURLcode initialize_once() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return code;
}

}  // namespace

struct CurlLoop::Multi {
  struct Free {
    void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
  };
  std::unique_ptr<CURLM, Free> handle;
};

CurlLoop::CurlLoop(std::unique_ptr<Multi> multi) : multi_(std::move(multi)) {}
CurlLoop::CurlLoop(CurlLoop&&) noexcept = default;
CurlLoop::~CurlLoop() = default;

Result<CurlLoop, TransferFailure> CurlLoop::make() {
  if (const CURLcode code = initialize_once(); code != CURLE_OK) return curl_unavailable(code);
  auto multi = std::make_unique<Multi>();
  multi->handle.reset(::curl_multi_init());
  if (!multi->handle) return curl_unavailable(CURLE_OUT_OF_MEMORY);
  return CurlLoop(std::move(multi));
}

Result<int, TransferFailure> CurlLoop::run(void* easy, const StallClock& clock,
                                           const TransferDeadlines& deadlines,
                                           const std::string& host_port, BodyWatcher* watcher) {
  Attached transfer(multi_->handle.get(), static_cast<CURL*>(easy));
  return static_cast<int>(TRY(transfer.run(clock, deadlines, host_port, watcher)));
}

TransferFailure curl_unavailable(int code) {
  return {FailureClass::kLocal, 0,
          Error(cat("libcurl: ", ::curl_easy_strerror(static_cast<CURLcode>(code))))};
}

}  // namespace slipway::fetcher
