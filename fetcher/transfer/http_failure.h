// What an answer of an HTTP server that is not the wanted one means: class and message, in one
// place. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

enum class Credentials { kSend, kWithhold };

// "Not Found"; empty where the status is none that is known.
[[nodiscard]] std::string_view reason_of(int status);

// The class of a status that is not the wanted one (RFC 9110, section 15): 408, 425, 429 and
// 5xx may pass, but not 501, 505 and 511.
[[nodiscard]] FailureClass classify_status(int status);

// "the server answered 404 Not Found". The reason is ours: the server's own words are not repeated.
// Where no credentials were sent, because a redirect led there, none are to blame.
[[nodiscard]] TransferFailure status_failure(int status, Credentials sent = Credentials::kSend);

// The body has fewer or more bytes than Content-Length announced.
[[nodiscard]] TransferFailure length_failure(std::uint64_t received, std::uint64_t announced);

// The answer is not framed as HTTP says, so that its end is not known.
[[nodiscard]] TransferFailure framing_failure(std::string what);

}  // namespace slipway::fetcher
