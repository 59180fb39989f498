// One HTTP request at a time, through libcurl: no redirect is followed here, no policy decided.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/curl_loop.h"
#include "fetcher/transfer/http_failure.h"
#include "fetcher/transfer/http_url.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

enum class HttpMethod { kGet, kHead };

// The way to the network, for all requests of a process.
struct TransferSurroundings {
  const Network& network;
  std::string netrc_file;  // by path; empty: none
};

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  HttpUrl url;
  Credentials credentials =
      Credentials::kWithhold;        // those of `url`, in a Basic header; or netrc's
  std::vector<std::string> headers;  // "Name: value"
  // What the request is made with besides; borrowed.
  const TransferSurroundings* surroundings = nullptr;
};

struct HttpAnswer {
  int status = 0;
  std::string location;
  Validators validators;
  // Of a 206: false where it is no continuation of what the sink has, which took nothing of it.
  bool continued = false;
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::string text = {};  // the start of a short text beside an error status, as it was sent
  HttpUrl asked = {};     // who answered
};

// For one thread; connections are kept from one request to the next.
class HttpClient {
 public:
  // Errors: libcurl cannot be set up.
  static Result<HttpClient, TransferFailure> make();
  HttpClient(HttpClient&&) noexcept;
  ~HttpClient();

  // Requests from here on belong together: a limit of 256 KiB holds for all their headers.
  void begin_chain();

  // The final answer (not 1xx), whatever its status. The body of a 200 goes to `sink`, from its
  // start; that of a 206 only where it continues what the sink has. Errors: no answer, deadlines, a
  // body that is cut short or not what Content-Length says, the sink's own; too many headers.
  // Adds to `times`, whatever becomes of it.
  Result<HttpAnswer, TransferFailure> perform(const HttpRequest& request, BodySink* sink,
                                              const TransferDeadlines& deadlines,
                                              PhaseTimes& times);

 private:
  struct Connections;
  explicit HttpClient(std::unique_ptr<Connections> connections);
  std::unique_ptr<Connections> connections_;
};

}  // namespace slipway::fetcher
