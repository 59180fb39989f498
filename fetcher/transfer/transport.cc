#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

Deadline deadline_of(const TransferLimits& limits) {
  if (limits.total.count() == 0) return std::nullopt;
  return std::chrono::steady_clock::now() + limits.total;
}

TransferFailure local_failure(Error error) {
  return {FailureClass::kLocal, 0, std::move(error)};
}

TransferFailure transient_failure(std::string what) {
  return {FailureClass::kTransient, 0, Error(std::move(what))};
}

}  // namespace slipway::fetcher
