// What every transport takes and gives. A transport writes the body to a file somebody else made,
// and knows nothing of sandboxes, caches or retries.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/failure.h"
#include "fetcher/validators.h"
#include "sandbox/base/error.h"

namespace slipway::fetcher {

// Only kTransient is worth another try. The error never holds the URI (whoever called adds it,
// redacted), its userinfo or its query.
struct [[nodiscard]] TransferFailure {
  FailureClass kind;
  int status = 0;  // of HTTP; 0 where there is none
  Error error;
};

struct Received {
  std::uint64_t bytes = 0;
  std::string sha256;  // of exactly these bytes, in hexadecimal
  Validators validators;
  std::optional<mode_t> mode;  // the permission bits of a local source
};

// Is told how much of a body is in its file. By the transferring thread, inside C libraries too.
class BodyWatcher {
 public:
  BodyWatcher() = default;
  BodyWatcher(const BodyWatcher&) = delete;
  BodyWatcher& operator=(const BodyWatcher&) = delete;
  virtual ~BodyWatcher() = default;
  virtual void written(std::uint64_t size) noexcept = 0;
};

struct TransferLimits {
  std::chrono::milliseconds connect{15'000};  // name, TCP and TLS, for each connection
  std::chrono::milliseconds stall{60'000};    // without a single byte
  std::chrono::milliseconds total{0};         // redirects included; 0: none
  std::uint64_t max_bytes = std::uint64_t{100} << 30;
};

}  // namespace slipway::fetcher
