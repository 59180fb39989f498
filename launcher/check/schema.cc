#include "launcher/check/schema.h"

#include "launcher/entry/entry_keys.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonWriter;

std::string reference(EntryObject object) {
  return "#/$defs/" + std::string(name_of(object));
}

void write_type(JsonWriter& json, std::string_view type, Needed needed) {
  json.key("type");
  if (needed == Needed::kRequired) {
    json.string(type);
    return;
  }
  json.begin_array().string(type).string("null").end_array();  // null is unset
}

void write_one_of(JsonWriter& json, std::initializer_list<std::string_view> words, Needed needed) {
  json.key("enum").begin_array();
  for (const std::string_view word : words) json.string(word);
  if (needed == Needed::kOptional) json.null();
  json.end_array();
}

void write_flag(JsonWriter& json, Needed needed) {
  json.key("enum").begin_array().boolean(true).boolean(false);
  for (const char* word : {"true", "false", "True", "False"}) json.string(word);
  if (needed == Needed::kOptional) json.null();
  json.end_array();
}

void write_array(JsonWriter& json, Needed needed) {
  write_type(json, "array", needed);
  json.key("items").begin_object();
}

void write_object(JsonWriter& json, const EntryKey& key) {
  if (key.needed == Needed::kRequired) {
    json.member("$ref", reference(key.object));
    return;
  }
  json.key("anyOf").begin_array().begin_object().member("$ref", reference(key.object)).end_object();
  json.begin_object().member("type", "null").end_object().end_array();
}

void write_kind(JsonWriter& json, const EntryKey& key) {
  switch (key.kind) {
    case ValueKind::kText:
      return write_type(json, "string", key.needed);
    case ValueKind::kNonEmptyText:
      write_type(json, "string", key.needed);
      json.member("minLength", std::uint64_t{1});
      return;
    case ValueKind::kFlag:
      return write_flag(json, key.needed);
    case ValueKind::kAmount:
      write_type(json, "number", key.needed);
      json.member("minimum", std::uint64_t{0});
      return;
    case ValueKind::kScalarType:
      return write_one_of(json, {"SCALAR"}, key.needed);
    case ValueKind::kMode:
      return write_one_of(json, {"RO", "RW"}, key.needed);
    case ValueKind::kVariableType:
      return write_one_of(json, {"VALUE"}, key.needed);
    case ValueKind::kAbsolutePath:
      write_type(json, "string", key.needed);
      json.member("pattern", "^/");
      return;
    case ValueKind::kChecksum:
      write_type(json, "string", key.needed);
      json.member("pattern", "^(sha256[=:][0-9A-Fa-f]{64}|sha512[=:][0-9A-Fa-f]{128})$");
      return;
    case ValueKind::kTexts:
      write_array(json, key.needed);
      json.member("type", "string").end_object();
      return;
    case ValueKind::kObjects:
      write_array(json, key.needed);
      json.member("$ref", reference(key.object)).end_object();
      return;
    case ValueKind::kObject:
      return write_object(json, key);
    case ValueKind::kNothing:
      json.member("type", "null");
      return;
    case ValueKind::kAnything:
      return;
  }
}

bool belongs(const EntryKey& key, EntryObject object, Judge judge) {
  return key.in == object && (judge == Judge::kSlipway || key.known_to != KnownTo::kSlipwayOnly);
}

void write_definition(JsonWriter& json, EntryObject object, Judge judge) {
  json.key(name_of(object)).begin_object().member("type", "object");
  json.key("required").begin_array();
  for (const EntryKey& key : entry_keys()) {
    if (belongs(key, object, judge) && key.needed == Needed::kRequired) {
      json.string(key.name);
    }
  }
  json.end_array().key("properties").begin_object();
  for (const EntryKey& key : entry_keys()) {
    if (!belongs(key, object, judge)) continue;
    json.key(key.name).begin_object();
    if (!key.meaning.empty()) json.member("description", key.meaning);
    write_kind(json, key);
    json.end_object();
  }
  json.end_object();
  if (judge == Judge::kAurora) json.flag("additionalProperties", false);
  json.end_object();
}

void write_array_of_entries(JsonWriter& json) {
  json.member("type", "array").member("minItems", std::uint64_t{1});
  json.key("items").begin_object().member("$ref", reference(EntryObject::kEntry)).end_object();
}

}  // namespace

std::string entry_schema(Judge judge) {
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().member("$schema", "https://json-schema.org/draft/2020-12/schema");
  json.member("title", "Executor entries, as Aurora's -custom_executor_config takes them");
  if (judge == Judge::kAurora) {
    write_array_of_entries(json);
  } else {
    json.key("anyOf").begin_array().begin_object();
    write_array_of_entries(json);
    json.end_object().begin_object().member("$ref", reference(EntryObject::kEntry)).end_object();
    json.end_array();
  }
  json.key("$defs").begin_object();
  for (const EntryObject object : kEntryObjects) write_definition(json, object, judge);
  json.end_object().end_object();
  return json.str() + "\n";
}

}  // namespace slipway::launcher
