#include "fetcher/transfer/curl_handle.h"

#include <curl/curl.h>

#include <algorithm>

#include "fetcher/transfer/curl_options.h"

namespace slipway::fetcher {

namespace {

template <class T>
T info(void* easy, CURLINFO which) {
  T value{};
  ::curl_easy_getinfo(static_cast<CURL*>(easy), which, &value);
  return value;
}

template <class Value>
void set_option(void* easy, int option, Value value, int& code) {
  if (code != CURLE_OK) return;
  code = ::curl_easy_setopt(static_cast<CURL*>(easy), static_cast<CURLoption>(option), value);
}

}  // namespace

void FreeCurl::operator()(void* easy) const {
  ::curl_easy_cleanup(static_cast<CURL*>(easy));
}

CurlHandle make_curl_handle() {
  return CurlHandle(::curl_easy_init());
}

void CurlOptions::set(int option, long value) {
  set_option(easy_, option, value, code_);
}

void CurlOptions::set(int option, const char* value) {
  set_option(easy_, option, value, code_);
}

void CurlOptions::set(int option, void* value) {
  set_option(easy_, option, value, code_);
}

void CurlOptions::set_callback(int option, void (*callback)()) {
  set_option(easy_, option, callback, code_);
}

PhaseTimes curl_times(void* easy) {
  const auto time = [easy](CURLINFO which) {
    return std::chrono::microseconds(info<curl_off_t>(easy, which));
  };
  PhaseTimes times;
  times.connect = std::max(time(CURLINFO_CONNECT_TIME_T), time(CURLINFO_APPCONNECT_TIME_T));
  const auto total = std::max(times.connect, time(CURLINFO_TOTAL_TIME_T));
  const auto started = time(CURLINFO_STARTTRANSFER_TIME_T);
  // 0: nothing was answered.
  const auto answered = started.count() == 0 ? total : std::clamp(started, times.connect, total);
  times.first_byte = answered - times.connect;
  times.transfer = total - answered;
  return times;
}

CurlTrouble curl_trouble(void* easy, int code, const Network& network) {
  CurlTrouble trouble;
  trouble.code = code;
  trouble.os_errno = static_cast<int>(info<long>(easy, CURLINFO_OS_ERRNO));
  trouble.verify_result = info<long>(easy, CURLINFO_SSL_VERIFYRESULT);
  trouble.proxy_status = static_cast<int>(info<long>(easy, CURLINFO_HTTP_CONNECTCODE));
  trouble.announced = curl_announced(easy);
  trouble.trusted = trusted_authorities(network);
  trouble.knows_proxy = knows_proxy(network);
  return trouble;
}

std::int64_t curl_announced(void* easy) {
  return info<curl_off_t>(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
}

}  // namespace slipway::fetcher
