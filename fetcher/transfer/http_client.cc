#include "fetcher/transfer/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <string_view>

#include "fetcher/transfer/curl_failure.h"
#include "fetcher/transfer/curl_handle.h"
#include "fetcher/transfer/http_excerpt.h"
#include "fetcher/transfer/http_failure.h"
#include "fetcher/transfer/http_headers.h"
#include "fetcher/transfer/http_options.h"
#include "fetcher/transfer/http_resume.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Enough for any honest chain of redirects; libcurl before 8.3 has no limit of its own
// (CVE-2023-38039), later ones have 300 KiB for each answer and give no reason.
constexpr std::size_t kMaxHeaderBytes = 256 * 1024;

struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

// What the callbacks see and leave behind. They run inside C: no exception leaves them.
struct Progress {
  CURL* easy = nullptr;
  BodySink* sink = nullptr;
  std::size_t* header_bytes = nullptr;
  StallClock clock;
  bool headers_done = false;   // of the final answer
  bool body_unwanted = false;  // given up on purpose: the status says all
  bool out_of_memory = false;  // the answer's headers could not be kept
  bool continued = false;      // the body goes on where the sink's ended
  bool header_flood = false;
  bool announced_too_much = false;
  bool beyond_range = false;
  std::uint64_t before = 0;  // bytes that the sink had of the body
  ContentRange range;        // of an answer that continues it
  char text[1024] = {};      // of an error's
  std::size_t text_size = 0;
};

long status_of(CURL* easy) {
  long status = 0;
  ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// Decides what becomes of the body: false where it is not wanted.
bool accept_body(Progress& progress, long status) {
  CURL* easy = progress.easy;
  if (status == 200) {
    progress.before = 0;
    return progress.sink->begin(identity_of(easy));
  }
  if (status == 206) {
    const PartialAnswer answer{header_of(easy, "Content-Range"), header_of(easy, "Content-Type"),
                               validators_of(easy)};
    progress.before = progress.sink->received();
    const auto range = continues(answer, progress.sink->identity(), progress.before);
    if (range) progress.range = *range;
    progress.continued = range.has_value();
    return progress.continued;
  }
  // An error page or a redirect's note is not worth a byte, a short text may be: and a moment.
  progress.clock.patience = milliseconds(2000);
  return status >= 400 && is_worth_reading(header_of(easy, "Content-Type")) &&
         header_of(easy, "Content-Encoding").empty();
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
  const auto status = status_of(progress.easy);
  // Other than those, 101 ends an answer (RFC 9110, section 15.2.2): nobody asked for it.
  const bool is_interim = status < 200 && status != 101;
  if ((line != "\r\n" && line != "\n") || is_interim) return count;
  progress.headers_done = true;
  if (progress.sink == nullptr) return count;
  try {
    if (accept_body(progress, status)) return count;
    progress.body_unwanted = true;
  } catch (const std::exception&) {
    progress.out_of_memory = true;
  }
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
  const auto status = status_of(progress.easy);
  if (status != 200 && status != 206) return keep_text(progress, {bytes, count});
  const auto announced = curl_announced(progress.easy);
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

int set_callbacks(CURL* easy, Progress& progress) {
  CurlOptions options(easy);
  const auto data = static_cast<void*>(&progress);
  options.set(CURLOPT_PREREQFUNCTION, &on_request);
  options.set(CURLOPT_PREREQDATA, data);
  options.set(CURLOPT_HEADERFUNCTION, &on_header);
  options.set(CURLOPT_HEADERDATA, data);
  options.set(CURLOPT_WRITEFUNCTION, &on_body);
  options.set(CURLOPT_WRITEDATA, data);
  return options.code();
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

// That what came is all that was announced, of this answer and of the whole.
Result<void, TransferFailure> check_length(CURL* easy, const Progress& progress) {
  const BodySink& sink = *progress.sink;
  const auto announced = TRY(length_of(easy));
  const std::uint64_t came = sink.received() - progress.before;
  if (announced && *announced != came) return length_failure(came, *announced);
  // A range may end before the whole does (RFC 9110, section 15.3.7): its own end proves nothing.
  const auto total = progress.continued ? progress.range.total : sink.identity().total;
  if (total && *total != sink.received()) return length_failure(sink.received(), *total);
  return {};
}

Result<void, TransferFailure> judge(CURL* easy, CURLcode code, const Progress& progress,
                                    const HttpRequest& request, milliseconds connect) {
  if (progress.header_flood) {
    return TransferFailure{
        FailureClass::kUser, 0,
        Error(cat("the server sent more than ", kMaxHeaderBytes, " bytes of headers"))};
  }
  if (progress.out_of_memory) return curl_unavailable(CURLE_OUT_OF_MEMORY);
  BodySink* sink = progress.sink;
  if (progress.announced_too_much) return BodySink::too_large(sink->max_bytes());
  if (sink != nullptr && sink->failed()) return sink->failure();
  if (progress.beyond_range) return framing_failure("the server sent more than the range it named");
  if (progress.body_unwanted) return {};
  const auto status = status_of(easy);
  // The status is the news, whatever becomes of the text beside it.
  if (progress.headers_done && status >= 400 && sink != nullptr) return {};
  // libcurl is content with an answer that ends inside its headers.
  if (code == CURLE_OK && !progress.headers_done) code = CURLE_RECV_ERROR;
  if (code != CURLE_OK) {
    CurlTrouble trouble = curl_trouble(easy, code, request.surroundings->network);
    trouble.received = sink != nullptr ? sink->received() : 0;
    return curl_failure(trouble, request.url.host_port(), connect);
  }
  if (sink != nullptr && (status == 200 || status == 206)) return check_length(easy, progress);
  return {};
}

HttpAnswer answer_of(CURL* easy, const Progress& progress, const HttpUrl& url) {
  HttpAnswer answer;
  answer.status = static_cast<int>(status_of(easy));
  answer.location = header_of(easy, "Location");
  answer.validators = validators_of(easy);
  answer.continued = progress.continued;
  answer.retry_after = retry_after_of(easy);
  answer.text.assign(progress.text, progress.text_size);
  answer.asked = url;
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
                                                        const TransferDeadlines& deadlines,
                                                        PhaseTimes& times) {
  // A new handle each time: nothing of one request, least of all credentials, reaches the next.
  const CurlHandle easy = make_curl_handle();
  if (!easy) return curl_unavailable(CURLE_OUT_OF_MEMORY);
  Progress progress;
  progress.easy = easy.get();
  progress.sink = sink;
  progress.header_bytes = &connections_->header_bytes;
  const auto headers = TRY(list_of(request.headers));
  auto code = static_cast<CURLcode>(set_options(easy.get(), request, deadlines.connect));
  if (code == CURLE_OK) code = ::curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  if (code == CURLE_OK) code = static_cast<CURLcode>(set_callbacks(easy.get(), progress));
  if (code != CURLE_OK) return curl_unavailable(code);
  auto ran = connections_->loop.run(easy.get(), progress.clock, deadlines, request.url.host_port(),
                                    sink != nullptr ? sink->watcher() : nullptr);
  times += curl_times(easy.get());
  const bool answered = progress.clock.patience.count() > 0;  // with an error, and a text perhaps
  if (!ran && !answered) return std::move(ran).error();
  if (ran) code = static_cast<CURLcode>(*ran);
  TRY(judge(easy.get(), code, progress, request, deadlines.connect));
  return answer_of(easy.get(), progress, request.url);
}

}  // namespace slipway::fetcher
