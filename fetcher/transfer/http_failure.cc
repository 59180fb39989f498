#include "fetcher/transfer/http_failure.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using Row = std::pair<int, std::string_view>;

template <std::size_t kSize>
std::string_view find(const std::array<Row, kSize>& table, int status) {
  const auto row = std::ranges::find(table, status, &Row::first);
  return row == table.end() ? std::string_view() : row->second;
}

constexpr std::array<Row, 32> kReasons{{
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

// What a person can do about a status.
constexpr std::array<Row, 4> kStatusRemedies{{
    {401,
     "credentials go into the netrc or headers file of the settings, or into the URI: "
     "http://USER:PASSWORD@HOST/..."},
    {403, "see the credentials: of the URI, or netrc and headers under [fetch] in the settings"},
    {404, "correct the URI, or put the file there"},
    {410, "correct the URI: the file was taken away for good"},
}};

std::string_view remedy_of(int status) {
  const auto remedy = find(kStatusRemedies, status);
  if (!remedy.empty() || classify_status(status) != FailureClass::kTransient) return remedy;
  return "see the server; where it will pass, more tries help: --retries";
}

}  // namespace

std::string_view reason_of(int status) {
  return find(kReasons, status);
}

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
      return status >= 500 && status < 600 ? FailureClass::kTransient : FailureClass::kUser;
  }
}

TransferFailure status_failure(int status, Credentials sent) {
  std::string what = cat("the server answered ", status);
  if (const auto reason = reason_of(status); !reason.empty()) what += cat(' ', reason);
  if (status > 200 && status < 300) what += ", where only 200 OK brings the whole body";
  if (status >= 300 && status < 400) what += ", which leads nowhere";
  Error error(std::move(what));
  const bool about_credentials = classify_status(status) == FailureClass::kAuth;
  const std::string_view remedy = remedy_of(status);
  if (!remedy.empty() && (sent == Credentials::kSend || !about_credentials)) {
    error = std::move(error).hint(std::string(remedy));
  }
  return {classify_status(status), status, std::move(error)};
}

TransferFailure length_failure(std::uint64_t received, std::uint64_t announced) {
  return transient_failure(
      cat("the body has ", received, " bytes where ", announced, " were announced"));
}

TransferFailure framing_failure(std::string what) {
  return transient_failure(std::move(what));
}

}  // namespace slipway::fetcher
