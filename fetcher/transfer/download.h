// One URI's body into a file: tries, pauses between them, the deadline, the checksum.
#pragma once

#include "fetcher/plan/uri.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/transports.h"
#include "fetcher/transfer/uri_account.h"

namespace slipway::fetcher {

// `sink` may have the start of the body already, from an earlier run. Ensures: what is received is
// the whole of one version, and what the URI's checksum says where it has one. Transient failures
// are tried again as `settings` say, until `end`; each of them is told.
Result<Received, TransferFailure> download(const Uri& uri, BodySink& sink,
                                           const TransferSettings& settings, Transports& transports,
                                           const Deadline& end, UriAccount& account);

}  // namespace slipway::fetcher
