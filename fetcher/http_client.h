// One HTTP request at a time, through libcurl: no redirect is followed here, no policy decided.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/body_sink.h"
#include "fetcher/http_url.h"
#include "fetcher/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

enum class HttpMethod { kGet, kHead };
enum class Credentials { kSend, kWithhold };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  HttpUrl url;
  Credentials credentials = Credentials::kWithhold;  // those of `url`, in a Basic header
  std::vector<std::string> headers;                  // "Name: value"
};

struct HttpDeadlines {
  std::chrono::milliseconds connect;
  std::chrono::milliseconds stall;
  std::optional<std::chrono::steady_clock::time_point> end;
};

struct HttpAnswer {
  int status = 0;
  std::string location;
  Validators validators;
};

class HttpClient {
 public:
  // Errors: libcurl cannot be set up.
  static Result<HttpClient, TransferFailure> make();
  HttpClient(HttpClient&&) noexcept;
  ~HttpClient();

  // The final answer (not 1xx), whatever its status. The body of a 200 goes to `sink`, that of any
  // other status is not read. Errors: no answer, deadlines (met to a fraction of a second), a body
  // that is cut short or not what Content-Length says, the sink's own; more than 256 KiB of
  // headers.
  Result<HttpAnswer, TransferFailure> perform(const HttpRequest& request, BodySink* sink,
                                              const HttpDeadlines& deadlines);

 private:
  struct Connections;
  explicit HttpClient(std::unique_ptr<Connections> connections);
  std::unique_ptr<Connections> connections_;
};

}  // namespace slipway::fetcher
