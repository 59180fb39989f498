#include "fetcher/transfer/curl_options.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "fetcher/transfer/curl_handle.h"

namespace slipway::fetcher {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
  return value != nullptr ? value : "";
}

void trust_authorities(CurlOptions& options, const Network& network) {
  const Authorities chosen = trusted_authorities(network);
  if (chosen.file.empty() && chosen.directory.empty()) return;  // what libcurl was built with
  const char* file = chosen.file.empty() ? nullptr : chosen.file.c_str();
  const char* dir = chosen.directory.empty() ? nullptr : chosen.directory.c_str();
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) options.set(option, file);
  for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) options.set(option, dir);
}

}  // namespace

Authorities trusted_authorities(const Network& network) {
  return choose_authorities(network.ca, &variable);
}

bool knows_proxy(const Network& network) {
  // Those that libcurl reads.
  constexpr const char* kVariables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "ftp_proxy",
                                        "FTP_PROXY",  "all_proxy",   "ALL_PROXY"};
  return !network.proxy.empty() ||
         std::ranges::any_of(kVariables, [](const char* name) { return !variable(name).empty(); });
}

int set_network_options(void* easy, const Network& network, Tls tls,
                        std::chrono::milliseconds connect) {
  CurlOptions options(easy);
  if (tls == Tls::kYes || !network.ca.empty()) trust_authorities(options, network);
  if (!network.proxy.empty()) options.set(CURLOPT_PROXY, network.proxy.c_str());
  if (!network.no_proxy.empty()) options.set(CURLOPT_NOPROXY, network.no_proxy.c_str());
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // 0 would mean libcurl's own 300 s.
  options.set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(connect.count())));
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_BUFFERSIZE, 512L * 1024L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name server that does not answer must not outlive our deadlines: the resolver's thread is
  // left to itself instead of being waited for.
  options.set(CURLOPT_QUICK_EXIT, 1L);
#endif
  return options.code();
}

}  // namespace slipway::fetcher
