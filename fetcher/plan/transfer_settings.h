// How transfers are made: what the operator decides for a host, and a caller for one launch. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/plan/retry.h"

namespace slipway::fetcher {

// The longest of the times below that anybody may ask for: what a clock can add to now.
inline constexpr std::chrono::milliseconds kLongestLimit = std::chrono::hours(24 * 30);

struct TransferLimits {
  std::chrono::milliseconds connect{15'000};  // name, TCP and TLS, for each connection
  std::chrono::milliseconds stall{60'000};    // without a single byte
  std::chrono::milliseconds total{0};         // of one URI: tries, pauses, redirects; 0: none
  std::uint64_t max_bytes = std::uint64_t{100} << 30;  // of one URI

  bool operator==(const TransferLimits&) const = default;
};

// Headers that the operator has for one origin. They are secrets: shown to nobody.
struct OriginHeaders {
  std::string host;                // lower case; an IPv6 address in brackets
  std::string port;                // in decimal; empty: https on its own port only
  std::vector<std::string> lines;  // "Name: value"

  bool operator==(const OriginHeaders&) const = default;
};

// The way to the network. What is empty here is taken from the usual variables of the environment
// (http_proxy, https_proxy, all_proxy, no_proxy; CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR).
struct Network {
  std::string proxy;     // a URL: of every transfer; may hold a password
  std::string no_proxy;  // hosts, separated by commas, for which it is not used
  std::string ca;        // a file of authorities in PEM, or a directory of them by hash
  std::string netrc;     // the text of a netrc(5) file: secret
  std::vector<OriginHeaders> headers;
  std::string hadoop_home;  // empty: `hadoop` is looked up in PATH

  bool operator==(const Network&) const = default;
};

struct TransferSettings {
  unsigned parallel = 8;  // URIs of one entry at a time
  RetryPolicy retry;
  TransferLimits limits;
  std::chrono::milliseconds revalidate{3'000};  // one conditional request in all
  // Without the hadoop client bringing anything; nothing: as limits.stall.
  std::optional<std::chrono::milliseconds> client_stall = {};
  Network network;

  bool operator==(const TransferSettings&) const = default;
};

}  // namespace slipway::fetcher
