#include "fetcher/transfer/http_url.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

Error rejected(CURLUcode code) {
  return Error(cat("not a valid URL: ", ::curl_url_strerror(code)));
}

// The part, or nothing where the URL has none of it.
Result<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = ::curl_url_get(url, which, &text, flags);
  const std::unique_ptr<char, decltype(&::curl_free)> owned(text, &::curl_free);
  if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD) return std::string();
  if (code != CURLUE_OK) return rejected(code);
  return std::string(text);
}

// Bytes that could start a header of their own or end the request line (CVE-2017-6508 of wget), and
// the backslash, which some readers take for a slash, so that they see another host.
Result<void> refuse_odd_bytes(const std::string& uri) {
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const auto byte = static_cast<unsigned char>(uri[i]);
    if (byte > 0x20 && byte != 0x7f && byte != '\\') continue;
    const std::string_view what = byte == ' '    ? "a space"
                                  : byte == '\\' ? "a backslash"
                                                 : "a control character";
    return Error(cat("byte ", i + 1, " of the URI is ", what))
        .hint("write it as '%' and two hexadecimal digits: %20 for a space, %5C for a backslash");
  }
  return {};
}

bool belongs_to(HttpUrl::Family family, std::string_view scheme) {
  return family == HttpUrl::Family::kHttp ? scheme == "http" || scheme == "https"
                                          : scheme == "ftp" || scheme == "ftps";
}

Result<HttpUrl> take_apart(CURLU* url, HttpUrl::Family family) {
  HttpUrl out;
  out.scheme = lower(TRY(part(url, CURLUPART_SCHEME)));
  if (!belongs_to(family, out.scheme)) {
    return Error(cat("the scheme ", quote(out.scheme), " is neither http nor https"));
  }
  out.host = lower(TRY(part(url, CURLUPART_HOST)));
  out.port = TRY(part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  out.user = TRY(part(url, CURLUPART_USER, CURLU_URLDECODE));
  out.password = TRY(part(url, CURLUPART_PASSWORD, CURLU_URLDECODE));
  for (const CURLUPart dropped :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT}) {
    if (const CURLUcode code = ::curl_url_set(url, dropped, nullptr, 0); code != CURLUE_OK) {
      return rejected(code);
    }
  }
  out.text = TRY(part(url, CURLUPART_URL));
  return out;
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(const std::string& uri, Family family) {
  TRY(refuse_odd_bytes(uri));
  const UrlHandle url(::curl_url());
  if (!url) return Error("out of memory");
  // CURLU_URLENCODE: bytes beyond ASCII travel as %XX (RFC 3986), what is encoded stays as it is.
  const CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, uri.c_str(),
                                        CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return rejected(code);
  return take_apart(url.get(), family);
}

Result<HttpUrl> HttpUrl::redirected_to(const std::string& location) const {
  // Blanks in a Location are common and get encoded; these bytes have no business there.
  for (const char c : location) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return Error("the server redirects to a URI with a backslash or a control character");
    }
  }
  const UrlHandle url(::curl_url());
  if (!url) return Error("out of memory");
  CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code == CURLUE_OK) {
    code = ::curl_url_set(url.get(), CURLUPART_URL, location.c_str(),
                          CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  }
  if (code != CURLUE_OK) return rejected(code);
  HttpUrl next = TRY(take_apart(url.get(), Family::kHttp));
  if (scheme == "https" && next.scheme == "http") {
    return Error("a redirect from https to http is not followed");
  }
  next.user.clear();
  next.password.clear();
  return next;
}

std::string HttpUrl::host_port() const {
  return escape(cat(host, ':', port));
}

std::string percent_decoded(std::string_view text) {
  if (text.empty()) return {};  // a length of 0 means strlen(3) to libcurl, beyond the view
  int length = 0;
  const std::unique_ptr<char, decltype(&::curl_free)> decoded(
      ::curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &length),
      &::curl_free);
  if (decoded == nullptr) return std::string(text);
  return {decoded.get(), static_cast<std::size_t>(length)};
}

}  // namespace slipway::fetcher
