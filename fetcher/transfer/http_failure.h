// What an HTTP transfer that went wrong means: its class and its message, in one place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "fetcher/transfer/authorities.h"
#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

enum class Credentials { kSend, kWithhold };

// The class of a status that is not the wanted one (RFC 9110, section 15): 408, 425, 429 and
// 5xx may pass, but not 501, 505 and 511.
[[nodiscard]] FailureClass classify_status(int status);

// "the server answered 404 Not Found". The reason is ours: the server's own words are not repeated.
// Where no credentials were sent, because a redirect led there, none are to blame.
[[nodiscard]] TransferFailure status_failure(int status, Credentials sent = Credentials::kSend);

// What is known about a transfer that libcurl gave up.
struct CurlTrouble {
  int code = 0;            // CURLcode
  int os_errno = 0;        // of the last connect(2), 0 where there is none
  long verify_result = 0;  // OpenSSL's X509_V_ERR_*
  int proxy_status = 0;    // what a proxy answered to CONNECT, 0 where there is none
  std::uint64_t received = 0;
  std::int64_t announced = -1;  // Content-Length, -1 where there is none
  Authorities trusted = {};     // whom TLS was told to trust
  bool knows_proxy = false;     // one is configured, for this host or for others
};
[[nodiscard]] TransferFailure curl_failure(const CurlTrouble& trouble, const std::string& host_port,
                                           std::chrono::milliseconds connect_limit);

// The body has fewer or more bytes than Content-Length announced.
[[nodiscard]] TransferFailure length_failure(std::uint64_t received, std::uint64_t announced);

// The answer is not framed as HTTP says, so that its end is not known.
[[nodiscard]] TransferFailure framing_failure(std::string what);

}  // namespace slipway::fetcher
