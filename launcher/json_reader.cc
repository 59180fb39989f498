#include "launcher/json_reader.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::launcher {

using sandbox::JsonKind;

void JsonReader::problem(const Located& at, std::string what) {
  into_.problems.push_back({at.value->offset, at.pointer, std::move(what)});
}

void JsonReader::warning(const Located& at, std::string what) {
  into_.warnings.push_back({at.value->offset, at.pointer, std::move(what)});
}

bool JsonReader::expect(const Located& at, JsonKind kind) {
  if (at.value->kind == kind) return true;
  problem(at, cat("is ", name_of(at.value->kind), "; ", name_of(kind), " is expected"));
  return false;
}

std::optional<Located> JsonReader::optional(const Located& object, std::string_view name) {
  const auto* member = object.value->find(name);
  if (member == nullptr || member->value.kind == JsonKind::kNull) return std::nullopt;
  return Located{&member->value, sandbox::json_pointer(object.pointer, name)};
}

std::optional<Located> JsonReader::required(const Located& object, std::string_view name) {
  auto found = optional(object, name);
  if (!found) problem(object, cat("lacks the required ", quote(name)));
  return found;
}

std::optional<std::string> JsonReader::text(const Located& at) {
  if (!expect(at, JsonKind::kString)) return std::nullopt;
  if (at.value->text.find('\0') != std::string::npos) {
    problem(at, "contains a NUL byte");
    return std::nullopt;
  }
  return at.value->text;
}

std::optional<std::string> JsonReader::optional_text(const Located& object, std::string_view name) {
  const auto found = optional(object, name);
  return found ? text(*found) : std::nullopt;
}

std::optional<std::string> JsonReader::required_text(const Located& object, std::string_view name) {
  const auto found = required(object, name);
  return found ? text(*found) : std::nullopt;
}

bool JsonReader::flag(const Located& object, std::string_view name, bool otherwise) {
  const auto found = optional(object, name);
  if (!found) return otherwise;
  if (found->value->kind == JsonKind::kBoolean) return found->value->boolean;
  if (found->value->kind == JsonKind::kString) {
    const std::string& word = found->value->text;
    if (word == "true" || word == "True") return true;
    if (word == "false" || word == "False") return false;
    problem(*found, cat("is ", quote(word), "; true or false is expected"));
    return otherwise;
  }
  problem(*found, cat("is ", name_of(found->value->kind), "; true or false is expected"));
  return otherwise;
}

std::vector<Located> JsonReader::items(const Located& array) {
  if (dialect_ == Dialect::kMesos && array.value->kind != JsonKind::kArray) return {array};
  std::vector<Located> found;
  if (!expect(array, JsonKind::kArray)) return found;
  for (std::size_t i = 0; i < array.value->items.size(); ++i) {
    if (dialect_ == Dialect::kMesos && array.value->items[i].kind == JsonKind::kNull) continue;
    found.push_back({&array.value->items[i], sandbox::json_pointer(array.pointer, i)});
  }
  return found;
}

std::vector<Located> JsonReader::items(const Located& object, std::string_view name) {
  const auto found = optional(object, name);
  return found ? items(*found) : std::vector<Located>();
}

void JsonReader::warn_unknown(const Located& object,
                              std::initializer_list<std::string_view> known) {
  if (dialect_ == Dialect::kMesos) return;
  for (const auto& member : object.value->members) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    into_.warnings.push_back({member.name_offset,
                              sandbox::json_pointer(object.pointer, member.name),
                              "unknown key, ignored (Aurora's scheduler would not start with it)"});
  }
}

}  // namespace slipway::launcher
