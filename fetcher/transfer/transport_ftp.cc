#include "fetcher/transfer/transport_ftp.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <span>
#include <vector>

#include "fetcher/transfer/curl_failure.h"
#include "fetcher/transfer/curl_handle.h"
#include "fetcher/transfer/curl_loop.h"
#include "fetcher/transfer/curl_options.h"
#include "fetcher/transfer/http_failure.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// The path as libcurl asks for it: dot segments are gone, and so is what stands behind a '?'.
std::string path_of(const HttpUrl& url) {
  const std::string_view rest = std::string_view(url.text).substr(url.text.find("://") + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return percent_decoded(rest.substr(slash, rest.find('?', slash) - slash));
}

// A line end would be another command (RFC 959, section 4.1), and a '/' at the end asks libcurl for
// a listing, which is no file. And a type is libcurl's to obey: text would be altered on its way.
Result<void, TransferFailure> refuse_odd_paths(const HttpUrl& url) {
  const auto refuse = [](const char* why) {
    return TransferFailure{FailureClass::kUser, 0, Error(why)};
  };
  if (url.text.find(";type=") != std::string::npos) {
    return refuse("a ;type= in an ftp URI is not known");
  }
  const std::string path = path_of(url);
  if (path.empty() || path.ends_with('/')) return refuse("it names a directory, not a file");
  if (percent_decoded(url.text).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return refuse("the URI holds an encoded line end or NUL");
  }
  return {};
}

// The sockets that libcurl has open.
class Sockets {
 public:
  // When the transfer is over: libcurl says QUIT and would wait two minutes for an answer, heeding
  // no deadline of ours; now it sees the end of the stream instead (shutdown(2)).
  void stop_listening() const noexcept {
    for (const int socket : open_) ::shutdown(socket, SHUT_RD);
  }

  static curl_socket_t on_open(void* data, curlsocktype, curl_sockaddr* address) noexcept {
    const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (made < 0) return CURL_SOCKET_BAD;
    try {
      static_cast<Sockets*>(data)->open_.push_back(made);
    } catch (const std::exception&) {  // no memory
      ::close(made);
      return CURL_SOCKET_BAD;
    }
    return made;
  }
  static int on_close(void* data, curl_socket_t socket) noexcept {
    std::erase(static_cast<Sockets*>(data)->open_, socket);
    return ::close(socket);
  }

 private:
  std::vector<int> open_;
};

struct Progress {
  void* easy = nullptr;
  BodySink* sink = nullptr;
  StallClock clock;
  TransferDeadlines deadlines;
  Sockets* sockets = nullptr;
  bool begun = false;
  bool announced_too_much = false;
};

bool begin(Progress& progress) noexcept {
  progress.begun = true;
  BodyIdentity identity;
  const std::int64_t size = curl_announced(progress.easy);
  if (size >= 0) identity.total = static_cast<std::uint64_t>(size);
  if (identity.total && *identity.total > progress.sink->max_bytes()) {
    progress.announced_too_much = true;
    return false;
  }
  return progress.sink->begin(std::move(identity));
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* data) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  if (!progress.begun && !begin(progress)) return CURL_WRITEFUNC_ERROR;
  const bool written = progress.sink->write(std::as_bytes(std::span(bytes, count)));
  progress.clock.tick();
  return written ? count : CURL_WRITEFUNC_ERROR;
}

// The server's replies on the control connection.
std::size_t on_reply(char*, std::size_t, std::size_t count, void* data) noexcept {
  static_cast<Progress*>(data)->clock.tick();
  return count;
}

// After the last byte libcurl waits for the reply by itself, up to a minute; of our deadlines it
// knows what is said here, about once a second. Not 0: enough.
int on_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  const auto& progress = *static_cast<Progress*>(data);
  const auto now = std::chrono::steady_clock::now();
  const auto& [connect, stall, end] = progress.deadlines;
  const bool stalled = stall.count() > 0 && now >= progress.clock.last_byte + stall;
  return stalled || (end && now >= *end) ? 1 : 0;
}

CURLcode set_options(CURL* easy, const HttpUrl& url, const FtpCall& call, Progress& progress) {
  CurlOptions options(easy);
  options.set(CURLOPT_PROTOCOLS_STR, "ftp,ftps");
  options.set(CURLOPT_URL, url.text.c_str());
  options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  options.set(CURLOPT_FTP_SKIP_PASV_IP, 1L);
  // Without it, a server that refuses PROT P gets its data connection in the clear (RFC 4217).
  if (url.scheme == "ftps") options.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  // Over an HTTP proxy by CONNECT: a GET to the proxy would say 200 for whatever it makes of it.
  options.set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  if (!url.user.empty() || !url.password.empty()) {
    options.set(CURLOPT_USERNAME, url.user.c_str());
    options.set(CURLOPT_PASSWORD, url.password.c_str());
  } else if (!call.surroundings.netrc_file.empty()) {
    options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    options.set(CURLOPT_NETRC_FILE, call.surroundings.netrc_file.c_str());
  }
  options.set(CURLOPT_WRITEFUNCTION, &on_body);
  options.set(CURLOPT_WRITEDATA, static_cast<void*>(&progress));
  options.set(CURLOPT_HEADERFUNCTION, &on_reply);
  options.set(CURLOPT_HEADERDATA, static_cast<void*>(&progress));
  options.set(CURLOPT_NOPROGRESS, 0L);
  options.set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  options.set(CURLOPT_XFERINFODATA, static_cast<void*>(&progress));
  options.set(CURLOPT_OPENSOCKETFUNCTION, &Sockets::on_open);
  options.set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(progress.sockets));
  options.set(CURLOPT_CLOSESOCKETFUNCTION, &Sockets::on_close);
  options.set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(progress.sockets));
  if (options.code() != CURLE_OK) return static_cast<CURLcode>(options.code());
  return static_cast<CURLcode>(set_network_options(easy, call.surroundings.network,
                                                   url.scheme == "ftps" ? Tls::kYes : Tls::kNo,
                                                   call.limits.connect));
}

// Replies: RFC 959, section 4.2: 4yz may pass, 5yz will not.
TransferFailure reply_failure(CURLcode code, long reply, const std::string& host_port) {
  const std::string what =
      cat(host_port, " answered ", reply, " (", ::curl_easy_strerror(code), ")");
  if (reply >= 400 && reply < 500) return {FailureClass::kTransient, 0, Error(what)};
  switch (code) {
    case CURLE_LOGIN_DENIED:
      return {FailureClass::kAuth, 0,
              Error(what).hint("credentials go into the netrc file of the settings, or into the "
                               "URI: ftp://USER:PASSWORD@HOST/...")};
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_FTP_COULDNT_RETR_FILE:
    case CURLE_REMOTE_ACCESS_DENIED:  // CWD refused
      return {FailureClass::kNotFound, 0, Error(what)};
    default:
      return {FailureClass::kUser, 0, Error(what)};
  }
}

TransferFailure failure_of(CURL* easy, CURLcode code, const HttpUrl& url, const FtpCall& call,
                           const BodySink& sink) {
  long reply = 0;
  ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply);
  const bool refused = code == CURLE_LOGIN_DENIED || code == CURLE_REMOTE_FILE_NOT_FOUND ||
                       code == CURLE_FTP_COULDNT_RETR_FILE || code == CURLE_REMOTE_ACCESS_DENIED;
  if (refused && reply >= 400) return reply_failure(code, reply, url.host_port());
  if (code == CURLE_ABORTED_BY_CALLBACK) {  // on_progress
    return {FailureClass::kTransient, 0,
            Error(cat(url.host_port(), " did not say in time that the transfer is complete"))};
  }
  CurlTrouble trouble = curl_trouble(easy, code, call.surroundings.network);
  trouble.received = sink.received();
  return curl_failure(trouble, url.host_port(), call.limits.connect);
}

}  // namespace

Result<Received, TransferFailure> fetch_ftp(const std::string& uri, BodySink& sink,
                                            const FtpCall& call, PhaseTimes& times) {
  auto url = HttpUrl::parse(uri, HttpUrl::Family::kFtp);
  if (!url) return TransferFailure{FailureClass::kUser, 0, std::move(url).error()};
  TRY(refuse_odd_paths(*url));
  Sockets sockets;  // outlives the loop, which closes them
  // Connections of its own: a login belongs to its connection.
  CurlLoop loop = TRY(CurlLoop::make());
  const CurlHandle easy = make_curl_handle();
  if (!easy) return curl_unavailable(CURLE_OUT_OF_MEMORY);
  Progress progress;
  progress.easy = easy.get();
  progress.sink = &sink;
  progress.sockets = &sockets;
  progress.deadlines = {call.limits.connect, call.limits.stall, call.end};
  CURLcode code = set_options(easy.get(), *url, call, progress);
  if (code != CURLE_OK) return curl_unavailable(code);
  progress.clock.tick();
  auto ran =
      loop.run(easy.get(), progress.clock, progress.deadlines, url->host_port(), sink.watcher());
  sockets.stop_listening();
  times += curl_times(easy.get());
  if (!ran) return std::move(ran).error();
  if (progress.announced_too_much) return BodySink::too_large(sink.max_bytes());
  if (sink.failed()) return sink.failure();
  code = static_cast<CURLcode>(*ran);
  if (code != CURLE_OK) return failure_of(easy.get(), code, *url, call, sink);
  // A file of no bytes has no body to begin with.
  if (!progress.begun && !begin(progress)) return sink.failure();
  const std::int64_t size = curl_announced(easy.get());
  if (size >= 0 && static_cast<std::uint64_t>(size) != sink.received()) {
    return length_failure(sink.received(), static_cast<std::uint64_t>(size));
  }
  return sink.finish();
}

}  // namespace slipway::fetcher
