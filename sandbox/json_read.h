// Reading the JSON that our own programs write to each other: the members of an object by name and
// kind. Anything unexpected is an error; there is nobody to be lenient to. Pure.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"

namespace slipway::sandbox {

inline Result<const JsonValue*> member_of(const JsonValue& object, std::string_view name,
                                          JsonKind kind) {
  const JsonMember* member = object.find(name);
  if (member == nullptr) return Error(cat("member ", quote(name), " is missing"));
  if (member->value.kind != kind) {
    return Error(cat("member ", quote(name), " is ", name_of(member->value.kind), " instead of ",
                     name_of(kind)));
  }
  return &member->value;
}

inline Result<std::string> read_text(const JsonValue& object, std::string_view name) {
  return TRY(member_of(object, name, JsonKind::kString))->text;
}

inline Result<bool> read_flag(const JsonValue& object, std::string_view name) {
  return TRY(member_of(object, name, JsonKind::kBoolean))->boolean;
}

template <std::integral Number>
Result<Number> read_number(const JsonValue& object, std::string_view name) {
  const std::string& text = TRY(member_of(object, name, JsonKind::kInteger))->text;
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return Error(cat("member ", quote(name), " is out of range"));
  }
  return number;
}

}  // namespace slipway::sandbox
