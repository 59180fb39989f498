// ftp:// and ftps:// through libcurl: binary, passive, one file.
#pragma once

#include <string>

#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/http_client.h"
#include "fetcher/transfer/transport.h"

namespace slipway::fetcher {

struct FtpCall {
  const TransferLimits& limits;
  const TransferSurroundings& surroundings;
  Deadline end;
};

// One try. Login with the URI's userinfo, else netrc's, else anonymous (RFC 1635). ftps is TLS from
// the first byte (port 990) for control and data, always verified; ftp is never encrypted. Where
// the server says its size the body must have it; it must have said that the transfer is complete.
// The address for data that a server names is not heeded (CVE-2020-8284). A proxy must be one for
// HTTP, which tunnels. Nothing is continued: FTP has no validator. `uri` comes without fragment.
Result<Received, TransferFailure> fetch_ftp(const std::string& uri, BodySink& sink,
                                            const FtpCall& call, PhaseTimes& times);

}  // namespace slipway::fetcher
