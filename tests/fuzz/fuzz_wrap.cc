// `slipway wrap` and `unwrap`: there and back, a configuration is what it was.
#include <algorithm>
#include <cstdint>

#include "launcher/command/wrap.h"
#include "sandbox/json.h"
#include "sandbox/json_writer.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using sandbox::JsonValue;

void sort_members(JsonValue& value) {
  for (JsonValue& each : value.items) sort_members(each);
  for (auto& member : value.members) sort_members(member.value);
  std::ranges::stable_sort(value.members, {}, &sandbox::JsonMember::name);
}

// The value of a document, whatever the order of its members.
std::string value_of(const std::string& json) {
  auto document = sandbox::parse_json(json, std::size_t{64} << 20);
  hold(document.has_value(), "what is written is JSON");
  sort_members(document->root);
  sandbox::JsonWriter out;
  return out.value(document->root).str();
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  const auto plain = launcher::unwrap(text, "");
  const launcher::Wrapping wrapping{
      "/usr/bin/slipway",
      text.ends_with('\n') ? launcher::Fetching::kByAgent : launcher::Fetching::kBySlipway,
      {"--quiet"}};
  const auto wrapped = launcher::wrap(text, "", wrapping);
  if (!plain.problems.empty()) {
    hold(!wrapped.problems.empty(), "what cannot be unwrapped is not wrapped anew");
    return;
  }
  if (!wrapped.problems.empty()) return;
  const auto parsed = launcher::parse_entries(wrapped.json);
  hold(parsed.problems.empty(), "what is wrapped is a configuration");
  hold(parsed.refusals.size() <= launcher::parse_entries(plain.json).refusals.size(),
       "the scheduler likes what is wrapped no less");
  const auto back = launcher::unwrap(wrapped.json, "");
  hold(back.problems.empty(), "what is wrapped can be unwrapped");
  hold(value_of(back.json) == value_of(plain.json), "there and back it is the same");
  hold(value_of(launcher::wrap(wrapped.json, "", wrapping).json) == value_of(wrapped.json),
       "wrapped twice is wrapped once");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
