#include "fetcher/http_client.h"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "fetcher/http_failure.h"
#include "fetcher/http_options.h"
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
struct FreeMulti {
  void operator()(CURLM* handle) const { ::curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

// What the callbacks see and leave behind. They run inside C: no exception, no allocation.
struct Progress {
  CURL* easy = nullptr;
  BodySink* sink = nullptr;
  std::size_t* header_bytes = nullptr;
  bool connected = false;      // the stall clock runs
  bool headers_done = false;   // of the final answer
  bool body_unwanted = false;  // given up on purpose: the status says all
  bool header_flood = false;
  bool announced_too_much = false;
  Clock::time_point last_byte;
};

template <class T>
T info(CURL* easy, CURLINFO which) {
  T value{};
  ::curl_easy_getinfo(easy, which, &value);
  return value;
}

int on_request(void* data, char*, char*, int, int) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  progress.connected = true;
  progress.last_byte = Clock::now();
  return CURL_PREREQFUNC_OK;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* data) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  progress.last_byte = Clock::now();
  *progress.header_bytes += count;
  if (*progress.header_bytes > kMaxHeaderBytes) {
    progress.header_flood = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const std::string_view line(bytes, count);
  const auto status = info<long>(progress.easy, CURLINFO_RESPONSE_CODE);
  if ((line != "\r\n" && line != "\n") || status < 200) return count;
  progress.headers_done = true;
  if (status == 200 || progress.sink == nullptr) return count;
  progress.body_unwanted = true;  // an error page or a redirect's note: not worth a byte
  return CURL_WRITEFUNC_ERROR;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* data) noexcept {
  auto& progress = *static_cast<Progress*>(data);
  if (progress.sink == nullptr || !progress.headers_done) return CURL_WRITEFUNC_ERROR;
  const auto announced = info<curl_off_t>(progress.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  if (announced > 0 && static_cast<std::uint64_t>(announced) > progress.sink->max_bytes()) {
    progress.announced_too_much = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const bool written = progress.sink->write(std::as_bytes(std::span(bytes, count)));
  progress.last_byte = Clock::now();  // after writing: a slow disk is not the server's stall
  return written ? count : CURL_WRITEFUNC_ERROR;
}

TransferFailure unavailable(CURLcode code) {
  return {FailureClass::kLocal, 0, Error(cat("libcurl: ", ::curl_easy_strerror(code)))};
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
    if (longer == nullptr) return unavailable(CURLE_OUT_OF_MEMORY);
    (void)list.release();
    list.reset(longer);
  }
  return list;
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

Result<void, TransferFailure> check_length(CURL* easy, const BodySink& sink) {
  if (TRY(is_chunked(easy))) return {};
  const auto announced = TRY(announced_length(easy));
  if (announced && *announced != sink.received()) {
    return length_failure(sink.received(), *announced);
  }
  return {};
}

TransferFailure timed_out(std::string what) {
  return {FailureClass::kTransient, 0, Error(std::move(what))};
}

// The transfer of `easy` while it is in `multi`.
class Attached {
 public:
  Attached(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    code_ = ::curl_multi_add_handle(multi_, easy_);
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() { ::curl_multi_remove_handle(multi_, easy_); }

  // Runs to the end: libcurl's verdict, or the deadline that was missed.
  Result<CURLcode, TransferFailure> run(const Progress& progress, const HttpDeadlines& deadlines,
                                        const std::string& host_port) {
    for (;;) {
      int running = 0;
      if (code_ == CURLM_OK) code_ = ::curl_multi_perform(multi_, &running);
      if (code_ != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      if (running == 0) return verdict();
      const milliseconds left = TRY(time_left(progress, deadlines, host_port));
      code_ = ::curl_multi_poll(multi_, nullptr, 0, static_cast<int>(left.count()), nullptr);
    }
  }

 private:
  CURLcode verdict() {
    int queued = 0;
    const CURLMsg* message = ::curl_multi_info_read(multi_, &queued);
    return message != nullptr ? message->data.result : CURLE_OUT_OF_MEMORY;
  }

  // How long to wait for the network before the deadlines must be looked at again.
  static Result<milliseconds, TransferFailure> time_left(const Progress& progress,
                                                         const HttpDeadlines& deadlines,
                                                         const std::string& host_port) {
    constexpr milliseconds kLongest{1000};
    const Clock::time_point now = Clock::now();
    Clock::time_point next = now + kLongest;
    if (deadlines.end) {
      if (now >= *deadlines.end) {
        return timed_out(cat("the transfer from ", host_port, " was not complete in time"));
      }
      next = std::min(next, *deadlines.end);
    }
    if (progress.connected && deadlines.stall.count() > 0) {
      const Clock::time_point stalled = progress.last_byte + deadlines.stall;
      if (now >= stalled) {
        return timed_out(cat(host_port, " sent nothing for ", in_words(deadlines.stall)));
      }
      next = std::min(next, stalled);
    }
    return std::chrono::ceil<milliseconds>(next - now);
  }

  CURLM* multi_;
  CURL* easy_;
  CURLMcode code_;
};

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
  if (progress.body_unwanted) return {};
  BodySink* sink = progress.sink;
  if (progress.announced_too_much) return BodySink::too_large(sink->max_bytes());
  if (sink != nullptr && sink->failed()) return sink->failure();
  // libcurl is content with an answer that ends inside its headers.
  if (code == CURLE_OK && !progress.headers_done) code = CURLE_RECV_ERROR;
  if (code != CURLE_OK) return trouble_of(easy, code, request, sink, connect);
  if (sink != nullptr && info<long>(easy, CURLINFO_RESPONSE_CODE) == 200) {
    return check_length(easy, *sink);
  }
  return {};
}

// Once in a process, before any thread: libcurl wants it so.
CURLcode initialize_once() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return code;
}

}  // namespace

struct HttpClient::Connections {
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::size_t header_bytes = 0;  // of all requests
};

HttpClient::HttpClient(std::unique_ptr<Connections> connections)
    : connections_(std::move(connections)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient, TransferFailure> HttpClient::make() {
  if (const CURLcode code = initialize_once(); code != CURLE_OK) return unavailable(code);
  auto connections = std::make_unique<Connections>();
  connections->multi.reset(::curl_multi_init());
  if (!connections->multi) return unavailable(CURLE_OUT_OF_MEMORY);
  return HttpClient(std::move(connections));
}

Result<HttpAnswer, TransferFailure> HttpClient::perform(const HttpRequest& request, BodySink* sink,
                                                        const HttpDeadlines& deadlines) {
  // A new handle each time: nothing of one request, least of all credentials, reaches the next.
  const Easy easy(::curl_easy_init());
  if (!easy) return unavailable(CURLE_OUT_OF_MEMORY);
  Progress progress;
  progress.easy = easy.get();
  progress.sink = sink;
  progress.header_bytes = &connections_->header_bytes;
  const auto headers = TRY(list_of(request.headers));
  auto code = static_cast<CURLcode>(set_options(easy.get(), request, deadlines.connect));
  if (code == CURLE_OK) code = ::curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  if (code == CURLE_OK) code = set_callbacks(easy.get(), progress);
  if (code != CURLE_OK) return unavailable(code);

  Attached transfer(connections_->multi.get(), easy.get());
  code = TRY(transfer.run(progress, deadlines, request.url.host_port()));
  TRY(judge(easy.get(), code, progress, request, deadlines.connect));
  return HttpAnswer{static_cast<int>(info<long>(easy.get(), CURLINFO_RESPONSE_CODE)),
                    header(easy.get(), "Location"),
                    {validator(easy.get(), "ETag"), validator(easy.get(), "Last-Modified")}};
}

}  // namespace slipway::fetcher
