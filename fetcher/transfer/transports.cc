#include "fetcher/transfer/transports.h"

#include <sys/mman.h>

#include <cerrno>

#include "fetcher/transfer/transport_file.h"
#include "fetcher/transfer/transport_ftp.h"
#include "fetcher/transfer/transport_hadoop.h"
#include "fetcher/transfer/uri_account.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// libcurl wants a file; nobody else can open this one. Without a name where nothing is to be in it.
Result<Fd> file_of(const std::string& netrc) {
  if (netrc.empty()) return Fd();
  Fd file(::memfd_create("netrc", MFD_CLOEXEC));
  if (!file) return Error::system(errno, "memfd_create for what netrc says");
  TRY(sys::write_all(file.get(), netrc).context("writing what netrc says to memory"));
  return file;
}

std::string path_of(const Result<Fd>& file) {
  return file && *file ? sys::path_of(file->get()) : std::string();
}

}  // namespace

Transports::Transports(const TransferSettings& settings, int scratch)
    : settings_(settings),
      scratch_(scratch),
      netrc_(file_of(settings.network.netrc)),
      surroundings_{settings.network, path_of(netrc_)},
      http_(settings.limits, surroundings_) {}

Result<Received, TransferFailure> Transports::transfer(const Uri& uri, BodySink& sink, Deadline end,
                                                       PhaseTimes& times) {
  switch (uri.scheme()) {
    case Scheme::kFile: {
      const PhaseTimer timer(times.transfer);
      return fetch_file(uri.target(), sink, end);
    }
    case Scheme::kHttp:
    case Scheme::kHttps:
      TRY(netrc_is_there());
      return http_.fetch(uri.target(), sink, end, times);
    case Scheme::kFtp:
    case Scheme::kFtps:
      TRY(netrc_is_there());
      return fetch_ftp(uri.target(), sink, {settings_.limits, surroundings_, end}, times);
    case Scheme::kHadoop: {
      const PhaseTimer timer(times.transfer);
      return fetch_hadoop(uri, sink,
                          {settings_.network.hadoop_home,
                           settings_.client_stall.value_or(settings_.limits.stall), end, scratch_});
    }
  }
  return TransferFailure{FailureClass::kLocal, 0, Error("unknown scheme")};
}

// Else the server would say that it wants a password, and the netrc file would be blamed.
Result<void, TransferFailure> Transports::netrc_is_there() const {
  if (netrc_) return {};
  return TransferFailure{FailureClass::kLocal, 0, netrc_.error()};
}

Result<Freshness, TransferFailure> Transports::revalidate(const Uri& uri,
                                                          const Validators& validators) {
  TRY(netrc_is_there());
  return http_.revalidate(uri.target(), validators, settings_.revalidate);
}

}  // namespace slipway::fetcher
