#include "sandbox/json_edit.h"

#include <algorithm>

namespace slipway::sandbox {

namespace {

std::vector<JsonMember>::iterator find_in(JsonValue& object, std::string_view name) {
  return std::find_if(object.members.begin(), object.members.end(),
                      [&](const JsonMember& member) { return member.name == name; });
}

}  // namespace

JsonValue json_string(std::string text) {
  JsonValue value;
  value.kind = JsonKind::kString;
  value.text = std::move(text);
  return value;
}

JsonValue json_boolean(bool truth) {
  JsonValue value;
  value.kind = JsonKind::kBoolean;
  value.boolean = truth;
  return value;
}

JsonValue json_array(std::vector<JsonValue> items) {
  JsonValue value;
  value.kind = JsonKind::kArray;
  value.items = std::move(items);
  return value;
}

JsonValue* member_to_change(JsonValue& object, std::string_view name) {
  const auto found = find_in(object, name);
  return found == object.members.end() ? nullptr : &found->value;
}

std::optional<JsonValue> take_member(JsonValue& object, std::string_view name) {
  const auto found = find_in(object, name);
  if (found == object.members.end()) return std::nullopt;
  JsonValue value = std::move(found->value);
  object.members.erase(found);
  return value;
}

void set_member(JsonValue& object, std::string_view name, JsonValue value) {
  if (JsonValue* there = member_to_change(object, name)) {
    *there = std::move(value);
    return;
  }
  object.members.push_back({std::string(name), 0, std::move(value)});
}

}  // namespace slipway::sandbox
