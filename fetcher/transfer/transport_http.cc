#include "fetcher/transfer/transport_http.h"

#include <algorithm>
#include <string_view>

#include "fetcher/transfer/http_excerpt.h"
#include "fetcher/transfer/http_failure.h"
#include "fetcher/transfer/http_resume.h"
#include "fetcher/transfer/http_url.h"
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

// The operator's headers for the origin of a URL.
std::vector<std::string> headers_for(const HttpUrl& url, const Network& network) {
  std::vector<std::string> lines;
  for (const OriginHeaders& each : network.headers) {
    const bool meant =
        each.port.empty() ? url.scheme == "https" && url.port == "443" : each.port == url.port;
    if (meant && each.host == url.host) {
      lines.insert(lines.end(), each.lines.begin(), each.lines.end());
    }
  }
  return lines;
}

// The query of a URL, and each of its values as it is and decoded.
void add_query(std::string_view url, std::vector<std::string>& secrets) {
  const std::size_t query = url.find('?');
  if (query == std::string_view::npos) return;
  std::string_view rest = url.substr(query + 1);
  secrets.emplace_back(rest);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::string_view value = pair.substr(pair.find('=') + 1);
    secrets.emplace_back(value);
    secrets.push_back(percent_decoded(value));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
}

// What must not come back in a message: what the requests said that is nobody's business. A
// redirect's query is often a signature.
std::vector<std::string> secrets_of(const std::string& uri, const std::string& asked) {
  std::vector<std::string> secrets;
  add_query(uri, secrets);
  add_query(asked, secrets);
  // One letter would silence everything.
  std::erase_if(secrets, [](const std::string& each) { return each.size() < 3; });
  return secrets;
}

// Whether what is sent to the URL's origin holds a password or a header of the operator's.
bool is_confidential(const HttpUrl& url, const TransferSurroundings& surroundings) {
  return !url.user.empty() || !url.password.empty() || !surroundings.netrc_file.empty() ||
         !headers_for(url, surroundings.network).empty();
}

// The failure of a chain that began at `first`.
TransferFailure refusal(const HttpAnswer& answer, const HttpUrl& first) {
  const auto sent = first.same_origin(answer.asked) ? Credentials::kSend : Credentials::kWithhold;
  return within(status_failure(answer.status, sent), first, answer.asked);
}

Result<void, TransferFailure> judge_status(const HttpAnswer& answer, const std::string& uri,
                                           const HttpUrl& url,
                                           const TransferSurroundings& surroundings) {
  if (answer.status == 200 || (answer.status == 206 && answer.continued)) return {};
  TransferFailure failure = refusal(answer, url);
  failure.retry_after = answer.retry_after;
  // A server may repeat what it was sent, whole or in part, as it is or in base64: so nothing is
  // repeated where that was confidential.
  if (!is_confidential(url, surroundings)) {
    failure.excerpt = make_excerpt(answer.text, secrets_of(uri, answer.asked.text));
  }
  return failure;
}

}  // namespace

// One request and what it is redirected to.
struct HttpTransport::Chain {
  HttpMethod method;
  HttpUrl url;                       // where it starts
  std::vector<std::string> headers;  // for every origin
  PhaseTimes& times;
};

// Requests with credentials have connections that nothing else uses, so that no mistake in reusing
// them (CVE-2026-1965 and its kin) gives somebody's to somebody else.
Result<HttpClient*, TransferFailure> HttpTransport::client_for(const Chain& chain,
                                                               std::optional<HttpClient>& own) {
  std::optional<HttpClient>& client = is_confidential(chain.url, surroundings_) ? own : shared_;
  if (!client) client.emplace(TRY(HttpClient::make()));
  client->begin_chain();
  return &*client;
}

// The answer at the end of the chain of redirects.
Result<HttpAnswer, TransferFailure> HttpTransport::follow(const Chain& chain, BodySink* sink,
                                                          const TransferDeadlines& deadlines) {
  std::optional<HttpClient> own_client;
  HttpClient& client = *TRY(client_for(chain, own_client));
  const HttpUrl& first = chain.url;
  const auto secret_headers = headers_for(first, surroundings_.network);
  HttpRequest request{chain.method, first, Credentials::kSend, chain.headers, &surroundings_};
  for (int redirects = 0;; ++redirects) {
    // Credentials belong to the place they were written for, also when a chain leads back there.
    const bool own = request.url.same_origin(first);
    request.credentials = own ? Credentials::kSend : Credentials::kWithhold;
    request.url.user = own ? first.user : "";
    request.url.password = own ? first.password : "";
    request.headers = chain.headers;
    if (own) {
      request.headers.insert(request.headers.end(), secret_headers.begin(), secret_headers.end());
    }
    auto answer = client.perform(request, sink, deadlines, chain.times);
    if (!answer) return within(std::move(answer).error(), first, request.url);
    if (!is_redirect(answer->status) || answer->location.empty()) return answer;
    if (redirects == kMaxRedirects) {
      return user_failure(Error(cat("more than ", kMaxRedirects, " redirects"))
                              .hint("correct the URI: the server leads in a circle"));
    }
    auto next = request.url.redirected_to(answer->location);
    if (!next) {
      return within(user_failure(std::move(next).context("redirect").error()), first, request.url);
    }
    request.url = *std::move(next);
  }
}

// The rest, where the sink has the beginning of something that can be continued; else the whole.
Result<HttpAnswer, TransferFailure> HttpTransport::get(const HttpUrl& url, BodySink& sink,
                                                       Deadline end, PhaseTimes& times) {
  const TransferDeadlines deadlines{limits_.connect, limits_.stall, end};
  const auto range = resume_headers(sink.identity(), sink.received());
  if (!range.empty()) {
    HttpAnswer answer = TRY(follow({HttpMethod::kGet, url, range, times}, &sink, deadlines));
    // 206 of something else, or 416: what is there cannot be continued.
    const bool other = (answer.status == 206 && !answer.continued) || answer.status == 416;
    if (!other) return answer;
  }
  return follow({HttpMethod::kGet, url, {}, times}, &sink, deadlines);
}

Result<Received, TransferFailure> HttpTransport::fetch(const std::string& uri, BodySink& sink,
                                                       Deadline end, PhaseTimes& times) {
  auto url = HttpUrl::parse(uri);
  if (!url) return user_failure(std::move(url).error());
  const HttpAnswer answer = TRY(get(*url, sink, end, times));
  TRY(judge_status(answer, uri, *url, surroundings_));
  Received received = TRY(sink.finish());
  received.validators = answer.validators;
  return received;
}

Result<Freshness, TransferFailure> HttpTransport::revalidate(const std::string& uri,
                                                             const Validators& validators,
                                                             milliseconds total) {
  auto url = HttpUrl::parse(uri);
  if (!url) return user_failure(std::move(url).error());
  PhaseTimes times;  // nobody's: the caller measures the wait as a whole
  Chain chain{HttpMethod::kHead, *std::move(url), {}, times};
  if (!validators.etag.empty()) {
    chain.headers.push_back(cat("If-None-Match: ", validators.etag));
  }
  if (!validators.last_modified.empty()) {
    chain.headers.push_back(cat("If-Modified-Since: ", validators.last_modified));
  }
  if (chain.headers.empty()) return Freshness::kChanged;
  const HttpAnswer answer = TRY(follow(chain, nullptr, {total, total, Clock::now() + total}));
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
      return refusal(answer, chain.url);
  }
}

}  // namespace slipway::fetcher
