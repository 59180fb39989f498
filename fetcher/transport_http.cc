#include "fetcher/transport_http.h"

#include <string_view>

#include "fetcher/body_sink.h"
#include "fetcher/http_client.h"
#include "fetcher/http_failure.h"
#include "fetcher/http_url.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kMaxRedirects = 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

TransferFailure user_failure(Error error) {
  return {FailureClass::kUser, 0, std::move(error)};
}

TransferFailure within(TransferFailure failure, const HttpUrl& first, const HttpUrl& now) {
  if (first.same_origin(now)) return failure;
  return {failure.kind, failure.status,
          std::move(failure.error).context(cat("redirected to ", now.host_port()))};
}

// The answer at the end of the chain of redirects. `request.url` is where it starts.
Result<HttpAnswer, TransferFailure> follow(HttpRequest request, BodySink* sink,
                                           const HttpDeadlines& deadlines) {
  HttpClient client = TRY(HttpClient::make());
  const HttpUrl first = request.url;
  for (int redirects = 0;; ++redirects) {
    // Userinfo belongs to the place it was written for, also when a chain leads back there.
    const bool own = request.url.same_origin(first);
    request.credentials = own ? Credentials::kSend : Credentials::kWithhold;
    request.url.user = own ? first.user : "";
    request.url.password = own ? first.password : "";
    auto answer = client.perform(request, sink, deadlines);
    if (!answer) return within(std::move(answer).error(), first, request.url);
    if (!is_redirect(answer->status) || answer->location.empty()) return answer;
    if (redirects == kMaxRedirects) {
      return user_failure(Error(cat("more than ", kMaxRedirects, " redirects")));
    }
    auto next = request.url.redirected_to(answer->location);
    if (!next) {
      return within(user_failure(std::move(next).context("redirect").error()), first, request.url);
    }
    request.url = *std::move(next);
  }
}

std::optional<Clock::time_point> end_of(milliseconds total) {
  if (total.count() <= 0) return std::nullopt;
  return Clock::now() + total;
}

std::string_view without_weakness(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

// For servers that answer 200 to a condition that does not hold: the validators speak for
// themselves.
bool same_version(const Validators& ours, const Validators& theirs) {
  if (!ours.etag.empty() && !theirs.etag.empty()) {
    return without_weakness(ours.etag) == without_weakness(theirs.etag);
  }
  return ours.etag.empty() && !ours.last_modified.empty() &&
         ours.last_modified == theirs.last_modified;
}

}  // namespace

Result<Received, TransferFailure> fetch_http(const std::string& uri, BodySink& sink,
                                             const TransferLimits& limits, Deadline end) {
  auto url = HttpUrl::parse(uri);
  if (!url) return user_failure(std::move(url).error());
  if (!sink.begin({})) return sink.failure();
  const HttpRequest request{HttpMethod::kGet, *std::move(url), Credentials::kSend, {}};
  const HttpAnswer answer = TRY(follow(request, &sink, {limits.connect, limits.stall, end}));
  if (answer.status != 200) return status_failure(answer.status);
  Received received = TRY(sink.finish());
  received.validators = answer.validators;
  return received;
}

Result<Freshness, TransferFailure> revalidate_http(const std::string& uri,
                                                   const Validators& validators,
                                                   milliseconds total) {
  auto url = HttpUrl::parse(uri);
  if (!url) return user_failure(std::move(url).error());
  HttpRequest request{HttpMethod::kHead, *std::move(url), Credentials::kSend, {}};
  if (!validators.etag.empty()) {
    request.headers.push_back(cat("If-None-Match: ", validators.etag));
  }
  if (!validators.last_modified.empty()) {
    request.headers.push_back(cat("If-Modified-Since: ", validators.last_modified));
  }
  if (request.headers.empty()) return Freshness::kChanged;
  const HttpAnswer answer = TRY(follow(request, nullptr, {total, total, end_of(total)}));
  switch (answer.status) {
    case 304:
      return Freshness::kCurrent;
    case 200:
      return same_version(validators, answer.validators) ? Freshness::kCurrent
                                                         : Freshness::kChanged;
    case 405:
    case 501:
      return Freshness::kChanged;
    default:
      return status_failure(answer.status);
  }
}

}  // namespace slipway::fetcher
