#include "fetcher/transfer/http_failure.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

template <class Key>
using Row = std::pair<Key, std::string_view>;

template <class Key, std::size_t kSize>
std::string_view find(const std::array<Row<Key>, kSize>& table, Key key) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& each) { return each.first == key; });
  return row == table.end() ? std::string_view() : row->second;
}

constexpr std::array<Row<int>, 32> kReasons{{
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

// What libcurl leaves where the chain was good and the name was not.
constexpr long kNothingFoundYet = 1;
// X509_V_ERR_* of openssl/x509_vfy.h, which is no header of ours to include: libcurl owns the TLS.
constexpr std::array<Row<long>, 8> kCertificateFaults{{
    {kNothingFoundYet, "the certificate is for another host name"},
    {9, "the certificate is not valid yet"},
    {10, "the certificate has expired"},
    {18, "the certificate is self-signed and not trusted"},
    {19, "the certificate's authority is not trusted"},
    {20, "the certificate's authority is not trusted"},
    {21, "the certificate's authority is not trusted"},
    {23, "the certificate was revoked"},
}};

// What a person can do about a status.
constexpr std::array<Row<int>, 4> kStatusRemedies{{
    {401,
     "credentials go into the netrc or headers file of the settings, or into the URI: "
     "http://USER:PASSWORD@HOST/..."},
    {403, "see the credentials: of the URI, or netrc and headers under [fetch] in the settings"},
    {404, "correct the URI, or put the file there"},
    {410, "correct the URI: the file was taken away for good"},
}};

const std::string& place_of(const Authorities& trusted) {
  return trusted.file.empty() ? trusted.directory : trusted.file;
}

// Who names that place, as people know it.
std::string namer_of(const Authorities& trusted) {
  return trusted.origin == "ca" ? "ca under [fetch] in the settings" : trusted.origin;
}

// What a person can do about a certificate that is refused.
std::string certificate_remedy(long verify_result, const Authorities& trusted) {
  if (verify_result == kNothingFoundYet) return "use the name the certificate is for";
  if (verify_result == 9) return "check this machine's clock";
  if (verify_result == 10)
    return "the server needs a new certificate; or check this machine's clock";
  if (!trusted.origin.empty()) {
    return cat("add the authority's certificate to ", quote(place_of(trusted)), ", which ",
               namer_of(trusted), " names");
  }
  return "name the authority's certificate with SSL_CERT_FILE=FILE or SSL_CERT_DIR=DIRECTORY";
}

// libcurl does not say whether a connection that failed was to a proxy.
constexpr std::string_view kProxyPlaces =
    "proxy under [fetch] in the settings, or http_proxy and its kin in slipway's environment";

TransferFailure transient(std::string what) {
  return {FailureClass::kTransient, 0, Error(std::move(what))};
}

TransferFailure verification_failure(const CurlTrouble& trouble, const std::string& host_port) {
  std::string_view fault = find(kCertificateFaults, trouble.verify_result);
  if (fault.empty()) fault = "the certificate is not trusted";
  return {FailureClass::kUser, 0,
          Error(cat("TLS with ", host_port, ": ", fault))
              .hint(certificate_remedy(trouble.verify_result, trouble.trusted))
              .as(MessageCode::kFetchCertificate)};
}

TransferFailure unreadable_authorities(const Authorities& trusted) {
  Error error(cat("the trusted certificates",
                  place_of(trusted).empty() ? "" : cat(" in ", quote(place_of(trusted))),
                  " cannot be read"));
  if (!trusted.origin.empty()) {
    error = std::move(error).hint(cat("correct what ", namer_of(trusted), " names"));
  }
  return {FailureClass::kLocal, 0, std::move(error).as(MessageCode::kFetchCertificate)};
}

TransferFailure connect_failure(const CurlTrouble& trouble, const std::string& host_port) {
  const std::string what = cat("connect to ", host_port);
  if (trouble.os_errno != 0) {
    return {FailureClass::kTransient, 0,
            Error::system(trouble.os_errno, what)
                .hint(trouble.knows_proxy
                          ? cat("see whether the server runs, or the proxy where it goes through "
                                "one: ",
                                kProxyPlaces)
                          : "see whether the server runs, and whether this host may reach it")};
  }
  if (trouble.code == CURLE_COULDNT_RESOLVE_PROXY) {
    return {FailureClass::kTransient, 0,
            Error(cat("connect to the proxy for ", host_port, ": its name cannot be resolved"))
                .hint(cat("correct it: ", kProxyPlaces))};
  }
  return {FailureClass::kTransient, 0,
          Error(cat(what, ": ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))))
              .hint("correct the host's name, or see this host's DNS")};
}

TransferFailure broken_off(const CurlTrouble& trouble, const std::string& host_port) {
  std::string what = cat("the connection to ", host_port, " broke off after ", trouble.received);
  if (trouble.announced >= 0) what += cat(" of ", trouble.announced);
  return transient(cat(what, " bytes of the body"));
}

}  // namespace

FailureClass classify_status(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return FailureClass::kAuth;
    case 404:
    case 410:
      return FailureClass::kNotFound;
    case 408:
    case 425:
    case 429:
      return FailureClass::kTransient;
    case 501:
    case 505:
    case 511:  // the network wants a login: so it will in a minute
      return FailureClass::kUser;
    default:
      return status >= 500 ? FailureClass::kTransient : FailureClass::kUser;
  }
}

TransferFailure status_failure(int status, Credentials sent) {
  std::string what = cat("the server answered ", status);
  if (const auto reason = find(kReasons, status); !reason.empty()) what += cat(' ', reason);
  if (status > 200 && status < 300) what += ", where only 200 OK brings the whole body";
  if (status >= 300 && status < 400) what += ", which leads nowhere";
  Error error(std::move(what));
  const bool about_credentials = classify_status(status) == FailureClass::kAuth;
  const auto remedy = find(kStatusRemedies, status);
  if (!remedy.empty() && (sent == Credentials::kSend || !about_credentials)) {
    error = std::move(error).hint(std::string(remedy));
  }
  return {classify_status(status), status, std::move(error)};
}

TransferFailure curl_failure(const CurlTrouble& trouble, const std::string& host_port,
                             std::chrono::milliseconds connect_limit) {
  if (trouble.proxy_status >= 300) {
    return {classify_status(trouble.proxy_status), trouble.proxy_status,
            Error(cat("the proxy answered ", trouble.proxy_status, ' ',
                      find(kReasons, trouble.proxy_status), " when asked for ", host_port))};
  }
  switch (trouble.code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return verification_failure(trouble, host_port);
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return connect_failure(trouble, host_port);
    case CURLE_OPERATION_TIMEDOUT:
      return transient(
          cat("connect to ", host_port, ": not done within ", duration_text(connect_limit)));
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
      return broken_off(trouble, host_port);
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: anything at all that has no status line
      return {FailureClass::kUser, 0, Error(cat(host_port, " does not speak HTTP/1"))};
    case CURLE_SSL_CACERT_BADFILE:
      return unreadable_authorities(trouble.trusted);
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
      return {
          FailureClass::kUser, 0,
          Error(cat(host_port, ": ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))))};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
      return {FailureClass::kLocal, 0,
              Error(cat("libcurl: ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))))};
    case CURLE_SSL_CONNECT_ERROR:
      return {FailureClass::kTransient, 0,
              Error(cat(host_port, ": ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))))
                  .hint("see whether the server speaks TLS on this port")};
    // The rest is trouble on the wire (send, TLS handshake, nothing received, half a header).
    default:
      return transient(
          cat(host_port, ": ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))));
  }
}

TransferFailure length_failure(std::uint64_t received, std::uint64_t announced) {
  return transient(cat("the body has ", received, " bytes where ", announced, " were announced"));
}

TransferFailure framing_failure(std::string what) {
  return transient(std::move(what));
}

}  // namespace slipway::fetcher
