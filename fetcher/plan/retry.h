// When a transfer that failed is tried again. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "fetcher/plan/failure.h"

namespace slipway::fetcher {

struct RetryPolicy {
  unsigned retries = 4;                         // after the first try
  std::chrono::milliseconds first{100};         // the longest pause before the first retry
  std::chrono::milliseconds overloaded{5'000};  // the same after 429 and 503
  std::chrono::milliseconds ceiling{60'000};    // of every pause of our own choice
  std::chrono::milliseconds patience{120'000};  // with a server that asks for a longer one: none

  bool operator==(const RetryPolicy&) const = default;
};

// What is known of a try that failed.
struct FailedTry {
  FailureClass kind = FailureClass::kTransient;
  int status = 0;                                          // of HTTP
  std::optional<std::chrono::milliseconds> retry_after{};  // RFC 9110, section 10.2.3
};

// How long to wait before the next try, or nothing where there is none: the failure is not
// transient, `tries` (this one included) were all, or the server asks for more patience than there
// is. The pauses double, with full jitter: `chance`, from 0 to 1, is the part of the longest one
// that is waited. What a server asks for is the least.
std::optional<std::chrono::milliseconds> pause_after(const RetryPolicy& policy, unsigned tries,
                                                     const FailedTry& failed, double chance);

}  // namespace slipway::fetcher
