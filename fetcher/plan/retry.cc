#include "fetcher/plan/retry.h"

#include <algorithm>

namespace slipway::fetcher {

using std::chrono::milliseconds;

std::optional<milliseconds> pause_after(const RetryPolicy& policy, unsigned tries,
                                        const FailedTry& failed, double chance) {
  if (failed.kind != FailureClass::kTransient || tries > policy.retries) return std::nullopt;
  const milliseconds asked = failed.retry_after.value_or(milliseconds(0));
  if (asked > policy.patience) return std::nullopt;
  const bool overloaded = failed.status == 429 || failed.status == 503;
  milliseconds longest = overloaded ? policy.overloaded : policy.first;
  for (unsigned i = 1; i < tries && longest < policy.ceiling; ++i) longest *= 2;
  longest = std::min(longest, policy.ceiling);
  const auto own = std::chrono::duration_cast<milliseconds>(longest * std::clamp(chance, 0.0, 1.0));
  return std::max(asked, own);
}

}  // namespace slipway::fetcher
