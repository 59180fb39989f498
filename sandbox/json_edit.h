// Making a document into another one: values out of nothing, members put in and taken out. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/json.h"

namespace slipway::sandbox {

JsonValue json_string(std::string text);
JsonValue json_boolean(bool truth);
JsonValue json_array(std::vector<JsonValue> items);

// The member of that name, to be changed; null where there is none.
JsonValue* member_to_change(JsonValue& object, std::string_view name);
// Takes the member out of the object; nothing where there is none.
std::optional<JsonValue> take_member(JsonValue& object, std::string_view name);
// In the place of the member of that name, else behind the others.
void set_member(JsonValue& object, std::string_view name, JsonValue value);

}  // namespace slipway::sandbox
