// What every transport takes and gives. A transport writes the body to a file somebody else made,
// and knows nothing of sandboxes, caches or retries.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/plan/failure.h"
#include "fetcher/plan/fetch_event.h"
#include "fetcher/plan/transfer_settings.h"
#include "fetcher/plan/validators.h"
#include "sandbox/base/error.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// When a URI's time is up; nothing where it never is.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;
// Of a URI whose turn is now.
Deadline deadline_of(const TransferLimits& limits);

// Only kTransient is worth another try. The error never holds the URI (whoever called adds it,
// redacted), its userinfo or its query.
struct [[nodiscard]] TransferFailure {
  FailureClass kind;
  int status = 0;  // of HTTP; 0 where there is none
  Error error;
  std::optional<std::chrono::milliseconds> retry_after = {};  // what the server asked for
  std::string excerpt = {};  // the start of a short text that the server sent along, one line
};

struct Received {
  std::uint64_t bytes = 0;
  std::string sha256;  // of exactly these bytes, in hexadecimal
  Validators validators;
  std::optional<mode_t> mode;  // the permission bits of a local source
  std::string sha512 = {};     // where the sink was asked for it
};

// What the sender of a body says of it before the first byte.
struct BodyIdentity {
  Validators validators;
  std::optional<std::uint64_t> total = {};  // bytes of the whole
};

// The start of a body.
struct PartialBody {
  std::uint64_t bytes = 0;
  std::string sha256 = {};  // of these
  BodyIdentity identity = {};
};

// Is told how much of a body is in its file. By the transferring thread, inside C libraries too.
class BodyWatcher {
 public:
  BodyWatcher() = default;
  BodyWatcher(const BodyWatcher&) = delete;
  BodyWatcher& operator=(const BodyWatcher&) = delete;
  virtual ~BodyWatcher() = default;

  // A body begins, at its first byte.
  virtual void identified(const BodyIdentity&) noexcept {}
  // The first `size` bytes of it are in the file.
  virtual void written(std::uint64_t size) noexcept = 0;
  // What was written is worth nothing: the body will begin anew.
  virtual void restarted() noexcept {}
  // About once a second while the transfer waits for whatever it is.
  virtual void waiting() noexcept {}
  // What keeps this machine from taking more of the body, and for good; null where nothing does.
  // Asked after identified() and written(): the transfer ends with it.
  [[nodiscard]] virtual const Error* objection() const noexcept { return nullptr; }
};

// The error is this machine's.
TransferFailure local_failure(Error error);
// Another try may help; no server said anything.
TransferFailure transient_failure(std::string what);

}  // namespace slipway::fetcher

// As TRY, for functions that answer with a TransferFailure: an Error becomes one of this machine's.
#define TRY_LOCAL_AS(name, ...)                                                   \
  __extension__({                                                                 \
    auto name = (__VA_ARGS__);                                                    \
    if (!name) return ::slipway::fetcher::local_failure(std::move(name).error()); \
    ::slipway::detail::unwrap(std::move(name));                                   \
  })
#define TRY_LOCAL(...) TRY_LOCAL_AS(SLIPWAY_JOIN(slipway_local_, __COUNTER__), __VA_ARGS__)
