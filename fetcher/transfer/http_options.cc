#include "fetcher/transfer/http_options.h"

#include <curl/curl.h>

#include "fetcher/transfer/curl_handle.h"
#include "fetcher/transfer/curl_options.h"
#include "sandbox/base/text.h"
#include "sandbox/version.h"

namespace slipway::fetcher {

namespace {

void set_policy(CurlOptions& options) {
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  // One request on one connection: nothing of HTTP/2 is needed, and its code is not reached.
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Bodies are stored as sent: x.tar.gz stays one, whatever Content-Encoding says.
  options.set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
}

// The URI's own, else what netrc has for its host.
void set_credentials(CurlOptions& options, const HttpUrl& url, const std::string& netrc_file) {
  if (url.user.empty() && url.password.empty()) {
    if (netrc_file.empty()) return;
    options.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    options.set(CURLOPT_NETRC_FILE, netrc_file.c_str());
    return;
  }
  options.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  options.set(CURLOPT_USERNAME, url.user.c_str());
  options.set(CURLOPT_PASSWORD, url.password.c_str());
}

}  // namespace

int set_options(void* easy, const HttpRequest& request, std::chrono::milliseconds connect) {
  CurlOptions options(easy);
  set_policy(options);
  options.set(CURLOPT_USERAGENT, cat("slipway/", kVersion).c_str());  // libcurl copies strings
  options.set(CURLOPT_URL, request.url.text.c_str());
  if (request.method == HttpMethod::kHead) options.set(CURLOPT_NOBODY, 1L);
  if (request.credentials == Credentials::kSend) {
    set_credentials(options, request.url, request.surroundings->netrc_file);
  }
  if (options.code() != CURLE_OK) return options.code();
  return set_network_options(easy, request.surroundings->network,
                             request.url.scheme == "https" ? Tls::kYes : Tls::kNo, connect);
}

}  // namespace slipway::fetcher
