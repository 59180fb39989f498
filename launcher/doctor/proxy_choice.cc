#include "launcher/doctor/proxy_choice.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using Variables = std::map<std::string, std::string>;

// CURLOPT_PROXY(3).
constexpr std::string_view kSchemes[] = {"http",    "https",  "socks",  "socks4",
                                         "socks4a", "socks5", "socks5h"};

constexpr std::string_view kForHttp[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
constexpr std::string_view kForHttps[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
constexpr std::string_view kPassedOver[] = {"HTTP_PROXY"};
constexpr std::string_view kExceptions[] = {"no_proxy", "NO_PROXY"};

// The first that is set, and not to nothing.
ProxyChoice first_of(std::span<const std::string_view> names, const Variables& environment) {
  for (const std::string_view name : names) {
    const auto found = environment.find(std::string(name));
    if (found != environment.end() && !found->second.empty()) {
      return {found->second, std::string(name)};
    }
  }
  return {};
}

Result<void> check_port(std::string_view port) {
  unsigned number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || number == 0 ||
      number > 65535) {
    return Error("its port is no number from 1 to 65535");
  }
  return {};
}

// Letters, digits and what names and addresses have besides.
bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const std::string_view inside = bracketed ? host.substr(1, host.size() - 2) : host;
  const std::string_view marks = bracketed ? ":.%-_" : ".-_";
  return !inside.empty() && std::ranges::all_of(inside, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80 || marks.find(c) != std::string_view::npos;
  });
}

// "host", "host:port", "[address]:port".
Result<void> check_host_and_port(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (!is_host(text.substr(0, colon))) return Error("it names no host");
  return colon == std::string_view::npos ? Result<void>() : check_port(text.substr(colon + 1));
}

}  // namespace

ProxyChoice choose_proxy(const fetcher::Network& network, const Variables& environment,
                         std::string_view scheme) {
  if (!network.proxy.empty()) return {network.proxy, "proxy"};
  if (scheme != "http") return first_of(kForHttps, environment);
  ProxyChoice choice = first_of(kForHttp, environment);
  if (choice.text.empty()) choice.origin = first_of(kPassedOver, environment).origin;
  return choice;
}

ProxyChoice choose_exceptions(const fetcher::Network& network, const Variables& environment) {
  if (!network.no_proxy.empty()) return {network.no_proxy, "no_proxy under [fetch]"};
  return first_of(kExceptions, environment);
}

Result<std::string> shown_proxy(std::string_view text) {
  const std::size_t mark = text.find("://");
  const std::string scheme = mark == std::string_view::npos ? "http" : lower(text.substr(0, mark));
  if (std::ranges::find(kSchemes, scheme) == std::end(kSchemes)) {
    return Error("it has none of the schemes http, https, socks4, socks4a, socks5, socks5h");
  }
  std::string_view rest = mark == std::string_view::npos ? text : text.substr(mark + 3);
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  // A password with a '/' in it would end the host too early, and be shown as one.
  if (rest.find('@', path) != std::string_view::npos)
    return Error("there is an '@' behind its host");
  if (mark == std::string_view::npos && path + 1 < rest.size()) return Error("it has no scheme");
  rest = rest.substr(0, path);
  rest.remove_prefix(rest.rfind('@') + 1);  // npos + 1 is 0
  TRY(check_host_and_port(rest));
  return cat(scheme, "://", rest);
}

}  // namespace slipway::launcher
