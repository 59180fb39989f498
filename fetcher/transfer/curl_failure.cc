#include "fetcher/transfer/curl_failure.h"

#include <curl/curl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "fetcher/transfer/http_failure.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

// What libcurl leaves where the chain was good and the name was not.
constexpr long kNothingFoundYet = 1;
// X509_V_ERR_* of openssl/x509_vfy.h, which is no header of ours to include: libcurl owns the TLS.
constexpr std::pair<long, std::string_view> kCertificateFaults[] = {
    {kNothingFoundYet, "the certificate is for another host name"},
    {9, "the certificate is not valid yet"},
    {10, "the certificate has expired"},
    {18, "the certificate is self-signed and not trusted"},
    {19, "the certificate's authority is not trusted"},
    {20, "the certificate's authority is not trusted"},
    {21, "the certificate's authority is not trusted"},
    {23, "the certificate was revoked"},
};

std::string_view fault_of(long verify_result) {
  for (const auto& [result, fault] : kCertificateFaults) {
    if (result == verify_result) return fault;
  }
  return "the certificate is not trusted";
}

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

TransferFailure verification_failure(const CurlTrouble& trouble, const std::string& host_port) {
  const std::string_view fault = fault_of(trouble.verify_result);
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
  return transient_failure(cat(what, " bytes of the body"));
}

}  // namespace

TransferFailure curl_failure(const CurlTrouble& trouble, const std::string& host_port,
                             std::chrono::milliseconds connect_limit) {
  if (trouble.proxy_status >= 300) {
    return {classify_status(trouble.proxy_status), trouble.proxy_status,
            Error(cat("the proxy answered ", trouble.proxy_status, ' ',
                      reason_of(trouble.proxy_status), " when asked for ", host_port))};
  }
  switch (trouble.code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return verification_failure(trouble, host_port);
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return connect_failure(trouble, host_port);
    case CURLE_OPERATION_TIMEDOUT:
      return transient_failure(
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
      return transient_failure(
          cat(host_port, ": ", ::curl_easy_strerror(static_cast<CURLcode>(trouble.code))));
  }
}

}  // namespace slipway::fetcher
