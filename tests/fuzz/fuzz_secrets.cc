// A URI with a secret in its userinfo and query, in an entry that is wrong or right, among the URIs
// or in the command: whatever is said of it, the secret is in none of the words.
#include <cstdint>

#include "fetcher/transfer/http_url.h"
#include "launcher/check/check.h"
#include "launcher/command/render_check.h"
#include "sandbox/base/text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

constexpr std::string_view kSecret = "S3cr3t";
constexpr std::string_view kSchemes[] = {"http", "https", "HTTP", "ftp", "file", "hdfs", "s3n"};

// What a URI's userinfo may hold: anything else ends it.
std::string userinfo(Choices& choices) {
  std::string text = choices.text(24);
  std::erase_if(text, [](char c) { return c == '/' || c == '?' || c == '#'; });
  return text;
}

// A fragment is sent to nobody, and shown: it is a checksum.
std::string query(Choices& choices) {
  std::string text = choices.text(24);
  std::erase(text, '#');
  return text;
}

// One choice after the other: the operands of a call come in any order.
std::string uri(Choices& choices) {
  constexpr std::string_view kPaths[] = {"/a", "/a/b.tar", "/", ""};
  std::string out(kSchemes[choices.below(std::size(kSchemes))]);
  out += "://";
  if (choices.flip()) {
    out += userinfo(choices);
    out += kSecret;
    out += userinfo(choices);
    out += '@';
  }
  out += choices.flip() ? "h.example:80" : "h.example";
  out += kPaths[choices.below(std::size(kPaths))];
  if (choices.flip()) {
    out += '?';
    out += query(choices);
    out += kSecret;
    out += query(choices);
  }
  return out;
}

// As a word of a command, which other characters end.
std::string as_word(std::string text) {
  std::erase_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || c == '"' || c == '\'' || c == '\\';
  });
  return text;
}

// A string of JSON in one of the ways to write it. Not UTF-8 is no JSON: then it is shown as such.
std::string json_string(const std::string& text, std::size_t way) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool must = byte < 0x20 || c == '"' || c == '\\';
    if (c == '/' && way == 1) {
      out += "\\/";
    } else if (must || (way == 2 && byte < 0x80 && kSecret.find(c) == std::string_view::npos)) {
      out += cat("\\u00", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return cat('"', out, '"');
}

void hold_hidden(std::string_view words, const char* promise) {
  hold(words.find(kSecret) == std::string_view::npos, promise);
}

void read(Choices choices, std::size_t size) {
  const TimeBound bound(size);
  const std::string secret = uri(choices);
  hold_hidden(fetcher::redact_uri(secret), "what is redacted holds no secret");
  if (const auto parsed = fetcher::Uri::parse(secret)) {
    hold_hidden(parsed->redacted(), "a URI for people holds no secret");
    hold_hidden(parsed->shown_file_name(), "a file name for people holds no secret");
  } else {
    hold_hidden(parsed.error().message(), "no error holds a secret");
  }
  const auto url = fetcher::HttpUrl::parse(secret);
  if (!url) hold_hidden(url.error().message(), "no error holds a secret");
  const std::size_t way = choices.below(3);
  const bool closed = choices.flip();
  constexpr std::string_view kFront[] = {
      R"("value":"true","uris":[{"value":)", R"("shell":false,"uris":[{"value":"/x"}],"value":)",
      R"("shell":false,"value":"/bin/true","uris":[{"value":"/x"}],"arguments":[)"};
  constexpr std::string_view kClose[] = {R"(}]},"resources":[]},"task_prefix":"e"}])",
                                         R"(},"resources":[]},"task_prefix":"e"}])",
                                         R"(]},"resources":[]},"task_prefix":"e"}])"};
  const std::size_t place = choices.below(std::size(kFront));
  const std::string value = json_string(place == 0 ? secret : as_word(secret), way);
  std::string rest = choices.rest();
  std::erase(rest, '3');  // so that the secret is not said where it is none
  const std::string entry = cat(R"([{"executor":{"name":"e","command":{)", kFront[place], value,
                                closed ? kClose[place] : "", rest);
  launcher::CheckRules rules;
  const std::vector<launcher::Checked> files{launcher::check("e.json", entry, rules)};
  hold_hidden(launcher::render_text(files), "check shows no secret");
  hold_hidden(launcher::render_json(files, rules), "check tells no secret");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::Choices({data, size}), size);
  return 0;
}
