#include "fetcher/curl_options.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "fetcher/curl_handle.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

constexpr char kSystemAuthorities[] = "/etc/ssl/certs";

const char* environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
  return value != nullptr && *value != '\0' ? value : nullptr;
}

// True where the names are hashes, as c_rehash makes them: "5ad8a5d6.0".
bool is_hashed_directory(const char* path) {
  const auto dir = sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (!dir) return false;
  const auto names = sys::list(dir->get());
  return names && std::any_of(names->begin(), names->end(), [](const auto& entry) {
           return entry.name.size() == 10 && entry.name.ends_with(".0") &&
                  entry.name.find_first_not_of("0123456789abcdef") == 8;
         });
}

bool is_directory(const std::string& path) {
  const auto found = sys::find_at(AT_FDCWD, path, 0);
  return found && *found && S_ISDIR((*found)->st_mode);
}

// The operator's choice, of the settings or of the environment, else the hashed directory, of which
// only what is needed is read, else what libcurl was built with.
void trust_authorities(CurlOptions& options, const Network& network) {
  const char* file = environment("CURL_CA_BUNDLE");
  if (file == nullptr) file = environment("SSL_CERT_FILE");
  const char* dir = environment("SSL_CERT_DIR");
  if (!network.ca.empty()) {
    const bool is_dir = is_directory(network.ca);
    file = is_dir ? nullptr : network.ca.c_str();
    dir = is_dir ? network.ca.c_str() : nullptr;
  }
  if (file == nullptr && dir == nullptr) {
    if (!is_hashed_directory(kSystemAuthorities)) return;
    dir = kSystemAuthorities;
  }
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) options.set(option, file);
  for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) options.set(option, dir);
}

}  // namespace

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
