#include "fetcher/transfer/transports.h"

#include <sys/mman.h>

#include "fetcher/transfer/transport_file.h"
#include "fetcher/transfer/transport_ftp.h"
#include "fetcher/transfer/transport_hadoop.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// libcurl wants a file; nobody else can open this one. None where there is nothing to be in it, or
// no memory: then the server says that it wants a password.
Fd file_of(const std::string& netrc) {
  if (netrc.empty()) return {};
  Fd file(::memfd_create("netrc", MFD_CLOEXEC));
  if (!file || !sys::write_all(file.get(), netrc)) return {};
  return file;
}

}  // namespace

Transports::Transports(const TransferSettings& settings, int scratch)
    : settings_(settings),
      scratch_(scratch),
      netrc_(file_of(settings.network.netrc)),
      surroundings_{settings.network, netrc_ ? cat("/proc/self/fd/", netrc_.get()) : std::string()},
      http_(settings.limits, surroundings_) {}

Result<Received, TransferFailure> Transports::transfer(const Uri& uri, BodySink& sink, Deadline end,
                                                       PhaseTimes& times) {
  switch (uri.scheme()) {
    case Scheme::kFile:
      return fetch_file(uri.target(), sink, end);
    case Scheme::kHttp:
    case Scheme::kHttps:
      return http_.fetch(uri.target(), sink, end, times);
    case Scheme::kFtp:
    case Scheme::kFtps:
      return fetch_ftp(uri.target(), sink, {settings_.limits, surroundings_, end}, times);
    case Scheme::kHadoop:
      return fetch_hadoop(uri, sink,
                          {settings_.network.hadoop_home,
                           settings_.client_stall.value_or(settings_.limits.stall), end, scratch_});
  }
  return TransferFailure{FailureClass::kLocal, 0, Error("unknown scheme")};
}

Result<Freshness, TransferFailure> Transports::revalidate(const Uri& uri,
                                                          const Validators& validators) {
  return http_.revalidate(uri.target(), validators, settings_.revalidate);
}

}  // namespace slipway::fetcher
