// The transports by scheme: one try of whatever a URI is fetched with.
#pragma once

#include "fetcher/plan/uri.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/transport.h"
#include "fetcher/transfer/transport_http.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// For one thread; connections are kept from one transfer to the next.
class Transports {
 public:
  // Both borrowed; `scratch` is a directory for files that a transport needs on the way.
  Transports(const TransferSettings& settings, int scratch);

  // Brings the body to the end of what `sink` has of it already, or begins it anew where that
  // cannot be: the sink then has the whole. After a failure it has what came, and another try may
  // go on from there. Adds to `times` what was spent on the way.
  Result<Received, TransferFailure> transfer(const Uri& uri, BodySink& sink, Deadline end,
                                             PhaseTimes& times);

  // Asks whether what was received with these validators is still current: one try.
  Result<Freshness, TransferFailure> revalidate(const Uri& uri, const Validators& validators);

 private:
  [[nodiscard]] Result<void, TransferFailure> netrc_is_there() const;

  const TransferSettings& settings_;
  int scratch_;
  Result<Fd> netrc_;  // a file without a name; or why there is none
  TransferSurroundings surroundings_;
  HttpTransport http_;
};

}  // namespace slipway::fetcher
