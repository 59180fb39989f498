// Which proxy a transfer goes through, as libcurl chooses it of what slipway passes on. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fetcher/plan/transfer_settings.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct ProxyChoice {
  std::string text;    // as it is written: may hold a password; empty: none
  std::string origin;  // "proxy" of the settings, or a variable; also one that is passed over
};

// For "http" or "https". HTTP_PROXY is passed over: to a CGI program others set it
// (libcurl-env(3)).
ProxyChoice choose_proxy(const fetcher::Network& network,
                         const std::map<std::string, std::string>& environment,
                         std::string_view scheme);

// The hosts that are reached without.
ProxyChoice choose_exceptions(const fetcher::Network& network,
                              const std::map<std::string, std::string>& environment);

// "scheme://host:port", without user and password. Errors: it is no proxy's URL; they repeat
// nothing of it.
Result<std::string> shown_proxy(std::string_view text);

}  // namespace slipway::launcher
