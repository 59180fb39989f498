#include "fetcher/http_options.h"

#include <curl/curl.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/version.h"

namespace slipway::fetcher {

namespace {

constexpr char kSystemAuthorities[] = "/etc/ssl/certs";

// Sets options one by one and remembers the first that libcurl refuses.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <class Value>
  void set(CURLoption option, Value value) {
    if (code_ == CURLE_OK) code_ = ::curl_easy_setopt(easy_, option, value);
  }
  [[nodiscard]] CURLcode code() const { return code_; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

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

// The operator's choice, else the hashed directory, of which only what is needed is read, else
// what libcurl was built with.
void trust_authorities(Options& options) {
  const char* file = environment("CURL_CA_BUNDLE");
  if (file == nullptr) file = environment("SSL_CERT_FILE");
  const char* dir = environment("SSL_CERT_DIR");
  if (file == nullptr && dir == nullptr) {
    if (!is_hashed_directory(kSystemAuthorities)) return;
    dir = kSystemAuthorities;
  }
  for (const CURLoption option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) options.set(option, file);
  for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) options.set(option, dir);
}

void set_policy(Options& options) {
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // One request on one connection: nothing of HTTP/2 is needed, and its code is not reached.
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Bodies are stored as sent: x.tar.gz stays one, whatever Content-Encoding says.
  options.set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_BUFFERSIZE, 512L * 1024L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name server that does not answer must not outlive our deadlines: the resolver's thread is
  // left to itself instead of being waited for.
  options.set(CURLOPT_QUICK_EXIT, 1L);
#endif
}

void set_credentials(Options& options, const HttpUrl& url) {
  if (url.user.empty() && url.password.empty()) return;
  options.set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  options.set(CURLOPT_USERNAME, url.user.c_str());
  options.set(CURLOPT_PASSWORD, url.password.c_str());
}

}  // namespace

int set_options(void* easy, const HttpRequest& request, std::chrono::milliseconds connect) {
  Options options(easy);
  set_policy(options);
  if (request.url.scheme == "https") trust_authorities(options);
  options.set(CURLOPT_USERAGENT, cat("slipway/", kVersion).c_str());  // libcurl copies strings
  options.set(CURLOPT_URL, request.url.text.c_str());
  // 0 would mean libcurl's own 300 s.
  options.set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(connect.count())));
  if (request.method == HttpMethod::kHead) options.set(CURLOPT_NOBODY, 1L);
  if (request.credentials == Credentials::kSend) set_credentials(options, request.url);
  return options.code();
}

}  // namespace slipway::fetcher
