// One transfer of libcurl as a value of ours: its handle, its options, and what it says afterwards.
// What http and ftp have in common.
#pragma once

#include <cstdint>
#include <memory>

#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/transfer_settings.h"
#include "fetcher/transfer/curl_failure.h"

namespace slipway::fetcher {

struct FreeCurl {
  void operator()(void* easy) const;
};
using CurlHandle = std::unique_ptr<void, FreeCurl>;  // a CURL*

// Empty where there is no memory.
CurlHandle make_curl_handle();

// Sets options one by one and remembers the first that libcurl refuses. `option` is a CURLoption;
// strings are copied by libcurl, everything else is borrowed.
class CurlOptions {
 public:
  explicit CurlOptions(void* easy) : easy_(easy) {}

  void set(int option, long value);
  void set(int option, const char* value);
  void set(int option, void* value);
  template <class Answer, class... Arguments>
  void set(int option, Answer (*callback)(Arguments...) noexcept) {
    set_callback(option, reinterpret_cast<void (*)()>(callback));
  }
  // A CURLcode: 0 where nothing was refused.
  [[nodiscard]] int code() const { return code_; }

 private:
  void set_callback(int option, void (*callback)());

  void* easy_;
  int code_ = 0;
};

// Where the time of the transfer went (curl_easy_getinfo(3), TIMES).
PhaseTimes curl_times(void* easy);

// What is known about a transfer on that network which ended with that CURLcode; all but what was
// received.
CurlTrouble curl_trouble(void* easy, int code, const Network& network);

// The length that libcurl took from the answer, or -1.
std::int64_t curl_announced(void* easy);

}  // namespace slipway::fetcher
