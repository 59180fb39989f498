// An http or https URL taken apart, its credentials kept away from the text that travels.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Ensures: scheme http or https, or of the other family; a host; no control character, space or
// backslash anywhere; `text` holds neither userinfo nor fragment. Parsed by libcurl, so that what
// is checked is what is used.
struct HttpUrl {
  enum class Family { kHttp, kFtp };  // ftp and ftps are taken apart by the same rules

  // Errors never repeat the URL: it may hold a password.
  static Result<HttpUrl> parse(const std::string& uri, Family family = Family::kHttp);
  // Where a Location header leads (RFC 9110, section 10.2.2): absolute or relative to this URL.
  // Errors: another scheme, https→http. Credentials the server put into it are dropped: the only
  // ones that are ever sent are the entry's.
  [[nodiscard]] Result<HttpUrl> redirected_to(const std::string& location) const;

  // Scheme, host and port: who may see the credentials of this URL.
  [[nodiscard]] bool same_origin(const HttpUrl& other) const {
    return scheme == other.scheme && host_port() == other.host_port();
  }
  // "host:port" for messages, fit for one line.
  [[nodiscard]] std::string host_port() const;

  std::string text;
  std::string scheme;
  std::string host;  // lower case; an IPv6 address in brackets
  std::string port;  // in decimal, the scheme's own where none was given
  std::string user;  // decoded; empty where there is none
  std::string password;
};

// Every "%41" as the byte it stands for (RFC 3986, section 2.1); what is none stays.
std::string percent_decoded(std::string_view text);

}  // namespace slipway::fetcher
