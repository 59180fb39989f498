// http:// and https:// through libcurl. What is sent is what the entry says and what the operator
// has for its origin (Network): no configuration file, no cookies, no Referer.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/http_client.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

enum class Freshness { kCurrent, kChanged };

// All requests of one thread: its connections are kept.
class HttpTransport {
 public:
  // Both borrowed.
  HttpTransport(const TransferLimits& limits, const TransferSurroundings& surroundings)
      : limits_(limits), surroundings_(surroundings) {}

  // One try to bring the whole body into `sink`, exactly as it is sent: compressed stays
  // compressed. What the sink has already is continued where its validator is strong and the answer
  // proves to be the rest of the same version; else the body begins anew. Only status 200 succeeds,
  // and such a 206; up to 10 redirects are followed to http and https, never from https to http.
  // The URI's userinfo, netrc's password and the operator's headers are sent to the URI's own
  // scheme, host and port only, on connections that nothing else uses. TLS is always verified.
  // `uri` comes without fragment. Adds to `times`.
  Result<Received, TransferFailure> fetch(const std::string& uri, BodySink& sink, Deadline end,
                                          PhaseTimes& times);

  // Asks whether what was received with these validators is still what the server has: a
  // conditional HEAD (RFC 9110, section 13), one try, redirects as above, everything within
  // `total`. kChanged also where there is no validator to ask with and where the server does not
  // know HEAD.
  Result<Freshness, TransferFailure> revalidate(const std::string& uri,
                                                const Validators& validators,
                                                std::chrono::milliseconds total);

 private:
  struct Chain;
  Result<HttpAnswer, TransferFailure> follow(const Chain& chain, BodySink* sink,
                                             const TransferDeadlines& deadlines);
  Result<HttpAnswer, TransferFailure> get(const HttpUrl& url, BodySink& sink, Deadline end,
                                          PhaseTimes& times);
  Result<HttpClient*, TransferFailure> client_for(const Chain& chain,
                                                  std::optional<HttpClient>& own);

  const TransferLimits& limits_;
  const TransferSurroundings& surroundings_;
  std::optional<HttpClient> shared_;
};

}  // namespace slipway::fetcher
