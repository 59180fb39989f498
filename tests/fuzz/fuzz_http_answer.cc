// Whole answers of an HTTP server, "\n===\n" between them, through the real transport: whatever
// they are, what counts as a body is one, and no message is obeyed by a terminal.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "fetcher/transfer/transport_http.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/fuzz/answering_server.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kBetween = "\n===\n";
constexpr std::uint64_t kMostBytes = 4096;

std::vector<std::string> answers_of(std::string_view text) {
  std::vector<std::string> answers;
  for (;;) {
    const std::size_t end = text.find(kBetween);
    answers.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos || answers.size() == 4) return answers;
    text.remove_prefix(end + kBetween.size());
  }
}

void hold_failure(const fetcher::TransferFailure& failure) {
  hold_one_line(failure.error.message(), "a failure is one line");
  hold_one_line(failure.excerpt, "an excerpt is one line");
  hold(!failure.retry_after || failure.retry_after->count() >= 0, "a pause is no travel in time");
}

// Lines that end as RFC 9112 has it, none of which goes on in the next.
bool has_plain_lines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\r'   ? head.substr(i, 2) != "\r\n"
        : c == '\n' ? i == 0 || head[i - 1] != '\r'
                    : c < ' ') {
      return false;
    }
  }
  return head.find("\r\n ") == std::string_view::npos;
}

// What must come out of an answer of whose framing there is no doubt: a 200 with one length.
std::optional<std::string_view> plain_body(std::string_view answer) {
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  const std::size_t end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || end == std::string_view::npos) return std::nullopt;
  const std::string head = lower(answer.substr(0, end + 2));
  const std::size_t at = head.find(kLength);
  if (!has_plain_lines(head) || at == std::string::npos || head.rfind("content-length") != at + 2 ||
      head.find("-encoding") != std::string::npos) {
    return std::nullopt;
  }
  const std::size_t start = at + kLength.size();
  const char* const stop = head.data() + head.find('\r', start);
  std::uint64_t length = 0;
  const auto [last, error] = std::from_chars(head.data() + start, stop, length);
  if (error != std::errc() || last != stop) return std::nullopt;
  const std::string_view rest = answer.substr(end + 4);
  hold(rest.size() >= length, "what breaks off is no success");
  return rest.substr(0, length);
}

void hold_body(const fetcher::Received& received, int file, const std::vector<std::string>& answers,
               std::size_t served) {
  const std::string body = *sys::read_to_end(file, 2 * kMostBytes);
  hold(body.size() == received.bytes && body.size() <= kMostBytes, "the body is within the limit");
  hold(served > 0, "a body comes from somewhere");
  for (const std::string& each : {received.validators.etag, received.validators.last_modified}) {
    hold_one_line(each, "a validator can be sent back");
    hold(each.size() <= 1024, "a validator is short");
  }
  const std::string head = lower(answers[served - 1]);
  if (served > 1 || head.find("chunked") != std::string::npos) return;
  hold(answers[0].find(body) != std::string::npos, "a body is what the server sent");
  const auto whole = plain_body(answers[0]);
  hold(!whole || body == *whole, "a body is all that the server sent");
}

void read(std::string_view text) {
  static AnsweringServer server;
  static const fetcher::Network network{"", "*", "", "", {}, ""};  // no proxy of the caller's
  static const fetcher::TransferSurroundings surroundings{network, ""};
  static const fetcher::TransferLimits limits{
      milliseconds(2000), milliseconds(2000), {}, kMostBytes};
  const TimeBound bound(text.size());
  const auto answers = answers_of(text);
  const Fd file(::memfd_create("body", MFD_CLOEXEC));
  if (!file) broken("a file in memory");
  fetcher::BodySink sink(file.get(), kMostBytes);
  fetcher::HttpTransport transport(limits, surroundings);
  const std::string uri = cat("http://", server.serve(answers), "/a?q");
  fetcher::PhaseTimes times;
  // A second try goes on where the first broke off, if anything allows it.
  for (int tries = 0; tries < 2; ++tries) {
    const auto received = transport.fetch(uri, sink, {}, times);
    if (!received) {
      hold_failure(received.error());
      if (sink.failed()) return;
      continue;
    }
    hold(::lseek(file.get(), 0, SEEK_SET) == 0, "a file can be read");
    hold_body(*received, file.get(), answers, server.served());
    const auto fresh = transport.revalidate(uri, received->validators, milliseconds(2000));
    if (!fresh) hold_failure(fresh.error());
    return;
  }
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
