#include "fetcher/transports.h"

#include "fetcher/transport_file.h"
#include "fetcher/transport_hadoop.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

Result<Received, TransferFailure> Transports::transfer(const Uri& uri, BodySink& sink, Deadline end,
                                                       PhaseTimes&) {
  switch (uri.scheme()) {
    case Scheme::kFile:
      return fetch_file(uri.target(), sink, end);
    case Scheme::kHttp:
    case Scheme::kHttps:
      return fetch_http(uri.target(), sink, settings_.limits, end);
    case Scheme::kFtp:
    case Scheme::kFtps:
      break;
    case Scheme::kHadoop:
      return fetch_hadoop(uri, sink,
                          {settings_.network.hadoop_home, settings_.limits, end, scratch_});
  }
  return TransferFailure{FailureClass::kUser, 0,
                         Error(cat("the scheme ", quote(uri.scheme_name()), " is not known"))};
}

Result<Freshness, TransferFailure> Transports::revalidate(const Uri& uri,
                                                          const Validators& validators) {
  return revalidate_http(uri.target(), validators, settings_.revalidate);
}

}  // namespace slipway::fetcher
