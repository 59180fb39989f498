// What the headers of a final answer say, taken from libcurl's handle (a CURL*) and judged.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// One header; empty where there is none.
std::string header_of(void* easy, const char* name);

// Without what could not go back into a request: control characters, more than 1 KiB.
Validators validators_of(void* easy);

// What a body can be continued by: a date only where it is a strong one. The total where it is
// announced.
BodyIdentity identity_of(void* easy);

// The length of the body that follows; nothing where its end is told in another way. Errors
// (transient): lengths that are no numbers or contradict each other, a transfer coding other than
// chunked.
Result<std::optional<std::uint64_t>, TransferFailure> length_of(void* easy);

// Retry-After: seconds, or a date (RFC 9110, section 10.2.3); at most a year.
std::optional<std::chrono::milliseconds> retry_after_of(void* easy);

}  // namespace slipway::fetcher
