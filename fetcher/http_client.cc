#include "fetcher/http_client.h"

#include <curl/curl.h>
#include <strings.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <string_view>

#include "fetcher/http_excerpt.h"
#include "fetcher/http_failure.h"
#include "fetcher/http_options.h"
#include "fetcher/http_resume.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Enough for any honest chain of redirects; libcurl before 8.3 has no limit of its own
// (CVE-2023-38039), later ones have 300 KiB for each answer and give no reason.
constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
// What is kept of ETag and Last-Modified; longer ones are treated as absent.
constexpr std::size_t kMaxValidator = 1024;

struct FreeEasy {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

// What the callbacks see and leave behind. They run inside C: no exception leaves them.
struct Progress {
  CURL* easy = nullptr;
  BodySink* sink = nullptr;
  std::size_t* header_bytes = nullptr;
  StallClock clock;
  bool headers_done = false;   // of the final answer
  bool body_unwanted = false;  // given up on purpose: the status says all
  bool continued = false;      // the body goes on where the sink's ended
  bool header_flood = false;
  bool announced_too_much = false;
  bool beyond_range = false;
  std::uint64_t before = 0;  // bytes that the sink had of the body
  ContentRange range;        // of an answer that continues it
  char text[1024] = {};      // of an error's
  std::size_t text_size = 0;
};

template <class T>
T info(CURL* easy, CURLINFO which) {
  T value{};
  ::curl_easy_getinfo(easy, which, &value);
  return value;
}

// One header of the final answer; empty where there is none.
std::string header(CURL* easy, const char* name) {
  curl_header* found = nullptr;
  if (::curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

// Goes back into a request one day: nothing that could start another header.
std::string validator(CURL* easy, const char* name) {
  std::string value = header(easy, name);
  const bool odd = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return odd || value.size() > kMaxValidator ? std::string() : value;
}

Validators validators_of(CURL* easy) {
  return {validator(easy, "ETag"), validator(easy, "Last-Modified")};
}

std::int64_t date_of(const std::string& text) {
  return static_cast<std::int64_t>(::curl_getdate(text.c_str(), nullptr));
}

// What a body can be continued by: a date only where it is a strong one.
BodyIdentity identity_of(CURL* easy) {
  BodyIdentity identity{validators_of(easy), std::nullopt};
  if (!is_strong_date(date_of(identity.validators.last_modified), date_of(header(easy, "Date")))) {
    identity.validators.last_modified.clear();
  }
  const auto announced = info<curl_off_t>(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  if (announced >= 0 && header(easy, "Transfer-Encoding").empty()) {
    identity.total = static_cast<std::uint64_t>(announced);
  }
  return identity;
}

// Decides what becomes of the body: false where it is not wanted.
bool accept_body(Progress& progress, long status) {
  CURL* easy = progress.easy;
  if (status == 200) {
    progress.before = 0;
    return progress.sink->begin(identity_of(easy));
  }
  if (status == 206) {
    const PartialAnswer answer{header(easy, "Content-Range"), header(easy, "Content-Type"),
                               validators_of(easy)};
    progress.before = progress.sink->received();
    const auto range = continues(answer, progress.sink->identity(), progress.before);
    if (range) progress.range = *range;
    progress.continued = range.has_value();
    return progress.continued;
  }
  // An error page or a redirect's note is not worth a byte, a short text may be: and a moment.
  progress.clock.patience = milliseconds(2000);
  return status >= 400 && is_worth_reading(header(easy, "Content-Type")) &&
         header(easy, "Content-Encoding").empty();
}

int on_request(void* data, char*, char*, int, int) noexcept {
  static_cast<Progress*>(data)->clock.tick();
  return CURL_PREREQFUNC_OK;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* data) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  progress.clock.last_byte = Clock::now();
  *progress.header_bytes += count;
  if (*progress.header_bytes > kMaxHeaderBytes) {
    progress.header_flood = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const std::string_view line(bytes, count);
  const auto status = info<long>(progress.easy, CURLINFO_RESPONSE_CODE);
  if ((line != "\r\n" && line != "\n") || status < 200) return count;
  progress.headers_done = true;
  if (progress.sink == nullptr) return count;
  try {
    if (accept_body(progress, status)) return count;
  } catch (const std::exception&) {  // no memory: then the body is not wanted either
    progress.continued = false;
  }
  progress.body_unwanted = true;
  return CURL_WRITEFUNC_ERROR;
}

std::size_t keep_text(Progress& progress, std::string_view bytes) noexcept {
  const std::size_t count = std::min(bytes.size(), sizeof progress.text - progress.text_size);
  std::memcpy(progress.text + progress.text_size, bytes.data(), count);
  progress.text_size += count;
  if (progress.text_size < sizeof progress.text) return bytes.size();
  progress.body_unwanted = true;
  return CURL_WRITEFUNC_ERROR;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* data) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  if (progress.sink == nullptr || !progress.headers_done) return CURL_WRITEFUNC_ERROR;
  const auto status = info<long>(progress.easy, CURLINFO_RESPONSE_CODE);
  if (status != 200 && status != 206) return keep_text(progress, {bytes, count});
  const auto announced = info<curl_off_t>(progress.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  if (announced > 0 &&
      static_cast<std::uint64_t>(announced) > progress.sink->max_bytes() - progress.before) {
    progress.announced_too_much = true;
    return CURL_WRITEFUNC_ERROR;
  }
  // What is not of the range has no place in the body, and the next try would go on behind it.
  if (progress.continued && progress.sink->received() + count > progress.range.last + 1) {
    progress.beyond_range = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const bool written = progress.sink->write(std::as_bytes(std::span(bytes, count)));
  progress.clock.last_byte = Clock::now();  // after writing: a slow disk is not the server's stall
  return written ? count : CURL_WRITEFUNC_ERROR;
}

CURLcode set_callbacks(CURL* easy, Progress& progress) {
  const auto data = static_cast<void*>(&progress);
  CURLcode code = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = ::curl_easy_setopt(easy, option, value);
  };
  set(CURLOPT_PREREQFUNCTION, &on_request);
  set(CURLOPT_PREREQDATA, data);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, data);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, data);
  return code;
}

Result<std::unique_ptr<curl_slist, FreeList>, TransferFailure> list_of(
    const std::vector<std::string>& lines) {
  std::unique_ptr<curl_slist, FreeList> list;
  for (const std::string& line : lines) {
    curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return curl_unavailable(CURLE_OUT_OF_MEMORY);
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

TransferFailure broken_framing(std::string what) {
  return {FailureClass::kTransient, 0, Error(std::move(what))};
}

// The length that all Content-Length headers agree on; nothing where there is none. Read here and
// strictly (RFC 9110, section 8.6: digits only; what contradicts itself is no answer), because
// libcurl passes over what it cannot read, and then a body that was cut short looks whole.
Result<std::optional<std::uint64_t>, TransferFailure> announced_length(CURL* easy) {
  std::optional<std::uint64_t> length;
  curl_header* found = nullptr;
  for (std::size_t i = 0;; ++i) {
    if (::curl_easy_header(easy, "Content-Length", i, CURLH_HEADER, -1, &found) != CURLHE_OK) {
      return length;
    }
    const std::string_view text = found->value;
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      return broken_framing("the server announced a length that is no number");
    }
    if (length && *length != number) {
      return broken_framing("the server announced two different lengths");
    }
    length = number;
  }
}

// True for the one transfer coding whose end libcurl sees by itself. None was asked for, so any
// other, and any combination, is a body that we cannot take to be whole or as sent.
Result<bool, TransferFailure> is_chunked(CURL* easy) {
  curl_header* found = nullptr;
  if (::curl_easy_header(easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
    return false;
  }
  const std::string_view coding = found->value;
  if (found->amount == 1 && coding.size() == 7 && ::strncasecmp(coding.data(), "chunked", 7) == 0) {
    return true;
  }
  return broken_framing("the server used a transfer coding that was not asked for");
}

// That what came is all that was announced, of this answer and of the whole.
Result<void, TransferFailure> check_length(CURL* easy, const Progress& progress) {
  const BodySink& sink = *progress.sink;
  if (!TRY(is_chunked(easy))) {
    const auto announced = TRY(announced_length(easy));
    const std::uint64_t came = sink.received() - progress.before;
    if (announced && *announced != came) return length_failure(came, *announced);
  }
  // A range may end before the whole does (RFC 9110, section 15.3.7): its own end proves nothing.
  const auto total = progress.continued ? progress.range.total : sink.identity().total;
  if (total && *total != sink.received()) return length_failure(sink.received(), *total);
  return {};
}

TransferFailure trouble_of(CURL* easy, CURLcode code, const HttpRequest& request,
                           const BodySink* sink, milliseconds connect) {
  CurlTrouble trouble;
  trouble.code = static_cast<int>(code);
  trouble.os_errno = static_cast<int>(info<long>(easy, CURLINFO_OS_ERRNO));
  trouble.verify_result = info<long>(easy, CURLINFO_SSL_VERIFYRESULT);
  trouble.proxy_status = static_cast<int>(info<long>(easy, CURLINFO_HTTP_CONNECTCODE));
  trouble.received = sink != nullptr ? sink->received() : 0;
  trouble.announced = info<curl_off_t>(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  return curl_failure(trouble, request.url.host_port(), connect);
}

Result<void, TransferFailure> judge(CURL* easy, CURLcode code, const Progress& progress,
                                    const HttpRequest& request, milliseconds connect) {
  if (progress.header_flood) {
    return TransferFailure{
        FailureClass::kUser, 0,
        Error(cat("the server sent more than ", kMaxHeaderBytes, " bytes of headers"))};
  }
  BodySink* sink = progress.sink;
  if (progress.announced_too_much) return BodySink::too_large(sink->max_bytes());
  if (sink != nullptr && sink->failed()) return sink->failure();
  if (progress.beyond_range) return broken_framing("the server sent more than the range it named");
  if (progress.body_unwanted) return {};
  const auto status = info<long>(easy, CURLINFO_RESPONSE_CODE);
  // The status is the news, whatever becomes of the text beside it.
  if (progress.headers_done && status >= 400 && sink != nullptr) return {};
  // libcurl is content with an answer that ends inside its headers.
  if (code == CURLE_OK && !progress.headers_done) code = CURLE_RECV_ERROR;
  if (code != CURLE_OK) return trouble_of(easy, code, request, sink, connect);
  if (sink != nullptr && (status == 200 || status == 206)) return check_length(easy, progress);
  return {};
}

// Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
std::optional<milliseconds> retry_after(CURL* easy) {
  const std::string text = header(easy, "Retry-After");
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    const std::int64_t date = date_of(text);
    if (date < 0) return std::nullopt;
    seconds = date - static_cast<std::int64_t>(::time(nullptr));
  }
  constexpr std::int64_t kMost = std::int64_t{366} * 24 * 3600;
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMost));
}

// Of the phases that libcurl counts from the start (curl_easy_getinfo(3), TIMES).
PhaseTimes times_of(CURL* easy) {
  const auto time = [easy](CURLINFO which) {
    return std::chrono::microseconds(info<curl_off_t>(easy, which));
  };
  const auto connected = std::max(time(CURLINFO_CONNECT_TIME_T), time(CURLINFO_APPCONNECT_TIME_T));
  const auto total = time(CURLINFO_TOTAL_TIME_T);
  const auto answered = time(CURLINFO_STARTTRANSFER_TIME_T);
  PhaseTimes times;
  times.connect = connected;
  if (answered.count() == 0) {
    times.first_byte = std::max(total - connected, std::chrono::microseconds(0));
    return times;
  }
  times.first_byte = answered - connected;
  times.transfer = total - answered;
  return times;
}

HttpAnswer answer_of(CURL* easy, const Progress& progress, const HttpUrl& url) {
  HttpAnswer answer;
  answer.status = static_cast<int>(info<long>(easy, CURLINFO_RESPONSE_CODE));
  answer.location = header(easy, "Location");
  answer.validators = validators_of(easy);
  answer.continued = progress.continued;
  answer.retry_after = retry_after(easy);
  answer.text.assign(progress.text, progress.text_size);
  answer.asked = url.text;
  answer.times = times_of(easy);
  return answer;
}

}  // namespace

struct HttpClient::Connections {
  explicit Connections(CurlLoop made) : loop(std::move(made)) {}

  CurlLoop loop;
  std::size_t header_bytes = 0;  // of the chain's requests
};

HttpClient::HttpClient(std::unique_ptr<Connections> connections)
    : connections_(std::move(connections)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient, TransferFailure> HttpClient::make() {
  CurlLoop loop = TRY(CurlLoop::make());
  return HttpClient(std::make_unique<Connections>(std::move(loop)));
}

void HttpClient::begin_chain() {
  connections_->header_bytes = 0;
}

Result<HttpAnswer, TransferFailure> HttpClient::perform(const HttpRequest& request, BodySink* sink,
                                                        const TransferDeadlines& deadlines) {
  // A new handle each time: nothing of one request, least of all credentials, reaches the next.
  const Easy easy(::curl_easy_init());
  if (!easy) return curl_unavailable(CURLE_OUT_OF_MEMORY);
  Progress progress;
  progress.easy = easy.get();
  progress.sink = sink;
  progress.header_bytes = &connections_->header_bytes;
  const auto headers = TRY(list_of(request.headers));
  auto code = static_cast<CURLcode>(set_options(easy.get(), request, deadlines.connect));
  if (code == CURLE_OK) code = ::curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  if (code == CURLE_OK) code = set_callbacks(easy.get(), progress);
  if (code != CURLE_OK) return curl_unavailable(code);
  auto ran = connections_->loop.run(easy.get(), progress.clock, deadlines, request.url.host_port(),
                                    sink != nullptr ? sink->watcher() : nullptr);
  const bool answered = progress.clock.patience.count() > 0;  // with an error, and a text perhaps
  if (!ran && !answered) return std::move(ran).error();
  if (ran) code = static_cast<CURLcode>(*ran);
  TRY(judge(easy.get(), code, progress, request, deadlines.connect));
  return answer_of(easy.get(), progress, request.url);
}

}  // namespace slipway::fetcher
