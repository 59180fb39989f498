// http:// and https:// through libcurl. Only what the entry says and the server sends: no netrc, no
// configuration file, no cookies, no Referer. Proxies come from the usual variables of the
// environment (http_proxy, https_proxy, all_proxy, no_proxy), trusted authorities from
// CURL_CA_BUNDLE or SSL_CERT_FILE and SSL_CERT_DIR, else the system's.
#pragma once

#include <chrono>
#include <string>

#include "fetcher/body_sink.h"
#include "fetcher/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// One try to bring the whole body into `sink`, exactly as it is sent: compressed stays compressed.
// Only status 200 succeeds; up to 10 redirects are followed to http and https, never from https to
// http; userinfo in the URI is sent to its own scheme, host and port only. TLS is always verified.
// `uri` comes without fragment.
Result<Received, TransferFailure> fetch_http(const std::string& uri, BodySink& sink,
                                             const TransferLimits& limits, Deadline end);

enum class Freshness { kCurrent, kChanged };

// Asks whether what was received with these validators is still what the server has: a conditional
// HEAD (RFC 9110, section 13), one try, redirects as above, everything within `total`. kChanged
// also where there is no validator to ask with and where the server does not know HEAD.
Result<Freshness, TransferFailure> revalidate_http(const std::string& uri,
                                                   const Validators& validators,
                                                   std::chrono::milliseconds total);

}  // namespace slipway::fetcher
