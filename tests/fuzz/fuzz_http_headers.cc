// What headers of an answer decide, and the operator's own: ranges, validators, excerpts.
#include <cstdint>

#include "fetcher/transfer/http_excerpt.h"
#include "fetcher/transfer/http_failure.h"
#include "fetcher/transfer/http_resume.h"
#include "fetcher/transfer/network_secrets.h"
#include "sandbox/base/text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using fetcher::BodyIdentity;

std::string text_of(const fetcher::ContentRange& range) {
  return cat("bytes ", range.first, '-', range.last, '/', range.total ? cat(*range.total) : "*");
}

void hold_range(std::string_view text) {
  const auto range = fetcher::parse_content_range(text);
  if (!range) return;
  hold(range->first <= range->last, "a range has an end behind its start");
  hold(!range->total || range->last < *range->total, "a range lies in the whole");
  hold(fetcher::parse_content_range(text_of(*range)) == range, "a range is what it says");
}

BodyIdentity identity_of(Choices& choices) {
  BodyIdentity identity;
  identity.validators.etag = choices.text(16);
  identity.validators.last_modified = choices.text(16);
  if (choices.flip()) identity.total = choices.number<std::uint16_t>();
  return identity;
}

// A server's 206 is taken for the rest only where all of it says so.
void hold_continuation(Choices& choices) {
  const BodyIdentity ours = identity_of(choices);
  const std::uint64_t offset = choices.number<std::uint16_t>();
  const bool likewise = choices.flip();  // else nearly nothing would ever fit
  const auto validators = likewise ? ours.validators : identity_of(choices).validators;
  std::string range = choices.text(40);
  if (choices.flip())
    range = text_of({offset, offset + choices.number<std::uint8_t>(), ours.total});
  for (const auto& line : fetcher::resume_headers(ours, offset)) {
    hold(offset > 0 && line.find(": ") != std::string::npos, "what is asked is a header");
  }
  const auto found = fetcher::continues({range, choices.text(12), validators}, ours, offset);
  if (!found) return;
  hold(offset > 0 && found->first == offset, "the rest begins where the beginning ends");
  hold(found->total && found->last < *found->total, "it is known where the whole ends");
  hold(!ours.total || ours.total == found->total, "the whole is as long as it was");
  hold(!ours.validators.empty(), "what cannot be known again is not continued");
  hold(ours.validators.etag.empty() || ours.validators.etag == validators.etag, "one version");
}

void hold_excerpt(Choices& choices) {
  std::vector<std::string> secrets;
  for (const std::size_t most : {std::size_t{12}, std::size_t{6}})
    secrets.push_back(choices.text(most));
  std::string body = choices.text(300);
  if (choices.flip()) body += cat(' ', secrets[0]);
  (void)fetcher::is_worth_reading(body);
  std::string excerpt = fetcher::make_excerpt(body, secrets);
  hold(excerpt.size() <= 200 + 3, "an excerpt is short");
  // Where it was cut it is ours, and may be like a secret by chance.
  constexpr std::string_view kCut = "…";
  if (excerpt.ends_with(kCut)) excerpt.resize(excerpt.size() - kCut.size());
  hold_one_line(excerpt, "an excerpt is one line");
  for (const std::string& secret : secrets) {
    hold(secret.empty() || excerpt.find(secret) == std::string::npos, "no excerpt has a secret");
  }
}

void hold_headers(std::string_view file) {
  const auto lines = fetcher::parse_headers(file);
  if (!lines) return hold_one_line(lines.error().message(), "an error is one line");
  for (const std::string& line : *lines) {
    hold(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "one header each");
    hold(line.find(':') != std::string::npos, "a header has a name");
  }
  hold(*fetcher::parse_headers(join(*lines, "\n")) == *lines, "headers read again are the same");
}

void read(Choices choices, std::size_t size) {
  const TimeBound bound(size);
  (void)fetcher::status_failure(choices.number<std::int16_t>());
  hold_continuation(choices);
  hold_excerpt(choices);
  const std::string rest = choices.rest();
  hold_range(rest);
  hold_headers(rest);
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::Choices({data, size}), size);
  return 0;
}
