// URIs, a line each: as entries give them, as libcurl sees them, and planned together. The last
// line is where the first one redirects to.
#include <cstdint>
#include <optional>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/http_url.h"
#include "sandbox/base/text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using fetcher::HttpUrl;
using fetcher::Uri;

// Hosts that every reader understands alike: no numbers in any base, which libcurl makes addresses
// of.
bool is_plain(std::string_view host) {
  return host.find_first_of("ghijklmnopqrstuvwyz") != std::string_view::npos &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

void hold_url(const HttpUrl& url) {
  const auto again = HttpUrl::parse(url.text);
  hold(again && again->text == url.text, "a URL that travels is understood as it was");
  hold(again->same_origin(url), "it leads to where it led");
  hold(again->user.empty() && again->password.empty(), "no credentials travel in a URL");
  hold_one_line(url.text, "a URL starts no header of its own");
}

// What is shown, what is asked and what the operator's headers are for is one host.
void hold_one_host(const Uri& uri, const HttpUrl& url) {
  std::string_view shown = uri.redacted();
  shown.remove_prefix(shown.find("://") + 3);
  const std::string host = lower(shown.substr(0, shown.find_first_of(":/?#")));
  if (is_plain(host) && is_plain(url.host))
    hold(host == url.host, "the host that is shown is asked");
}

void hold_uri(const Uri& uri) {
  const auto again = Uri::parse(uri.str());
  hold(again && again->target() == uri.target(), "a URI read again is the same");
  hold(again->redacted() == uri.redacted() && again->pin() == uri.pin(), "in every part");
  hold_one_line(uri.str(), "a URI has no control characters");
  hold(uri.file_name().find('/') == std::string::npos, "a file name is no path");
  const auto destination = fetcher::destination_of({uri, {}});
  if (destination) hold_inside(destination->str());
  if (uri.scheme() != fetcher::Scheme::kHttp && uri.scheme() != fetcher::Scheme::kHttps) return;
  const auto url = HttpUrl::parse(uri.target());
  if (!url) return;
  hold_url(*url);
  hold_one_host(uri, *url);
}

void hold_redirect(const std::string& from, const std::string& location) {
  const auto url = HttpUrl::parse(from);
  const auto next = url ? url->redirected_to(location) : url;
  if (!next) return;
  hold(next->scheme == "http" || next->scheme == "https", "a redirect leads to http or https");
  hold(url->scheme == "http" || next->scheme == "https", "a redirect never leaves https");
  hold(next->user.empty() && next->password.empty(), "a server gives no credentials");
  hold_url(*next);
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  (void)fetcher::percent_decoded(text);
  std::vector<fetcher::UriRequest> requests;
  std::string first, line;
  while (!text.empty()) {
    line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (first.empty()) first = line;
    const auto uri = Uri::parse(line);
    if (!uri) continue;
    hold_uri(*uri);
    if (requests.size() < 16) requests.push_back({*uri, {}});
  }
  hold_redirect(first, line);
  const std::vector<std::optional<fetcher::CachedCopy>> copies(requests.size());
  const auto plan = fetcher::plan_fetches(requests, fetcher::Revalidate{}, true, copies);
  if (plan) hold(!fetcher::files_meet(*plan), "no two files of a plan meet");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
