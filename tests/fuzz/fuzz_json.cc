// JSON as a document: where everything stands, and written again.
#include <cstdint>

#include "sandbox/json.h"
#include "sandbox/json_writer.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;

constexpr std::string_view kFirstBytes[] = {"n", "tf", "-0123456789", "-0123456789", "\"",
                                            "[", "{"};

void hold_places(const JsonValue& value, std::string_view text) {
  hold(value.offset < text.size(), "a value stands in the text");
  const auto first = kFirstBytes[static_cast<std::size_t>(value.kind)];
  hold(first.find(text[value.offset]) != std::string_view::npos, "a value stands where it is said");
  for (const JsonValue& each : value.items) hold_places(each, text);
  for (const auto& member : value.members) {
    hold(member.name_offset < member.value.offset && text[member.name_offset] == '"',
         "a name stands before its value");
    hold(value.find(member.name) != nullptr, "a member is found by its name");
    hold_places(member.value, text);
  }
}

std::string written(const JsonValue& value, sandbox::JsonWriter::Layout layout) {
  sandbox::JsonWriter json(layout);
  return json.value(value).str();
}

void hold_small(const sandbox::JsonDocument& document, std::string_view text) {
  std::size_t bytes = 0;
  for (const auto& twice : document.duplicates) {
    hold(twice.offset < text.size() && text[twice.offset] == '"', "a second name has its place");
    bytes += twice.pointer.size();
  }
  hold(bytes <= 16 * text.size() + (std::size_t{64} << 10), "names that are twice cost little");
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  const auto document = sandbox::parse_json(text);
  if (!document) {
    hold(document.error().offset <= text.size(), "an error has a place in the text");
    (void)sandbox::line_column(text, document.error().offset);
    return;
  }
  hold_places(document->root, text);
  hold_small(*document, text);
  const std::string once = written(document->root, sandbox::JsonWriter::Layout::kIndented);
  const auto again = sandbox::parse_json(once, 64 * text.size() + 4096);
  hold(again.has_value(), "what is written is JSON");
  hold(written(again->root, sandbox::JsonWriter::Layout::kIndented) == once,
       "what is read and written stays the same");
  hold(again->duplicates.empty() == document->duplicates.empty(), "no name is lost");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
