// What a transfer that libcurl gave up means, whatever its protocol: class and message, in one
// place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "fetcher/transfer/authorities.h"
#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

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

}  // namespace slipway::fetcher
