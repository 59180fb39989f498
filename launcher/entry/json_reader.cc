#include "launcher/entry/json_reader.h"

#include <algorithm>
#include <cctype>

#include "launcher/base/secret_mask.h"
#include "sandbox/base/text.h"
#include "sandbox/near_name.h"

namespace slipway::launcher {

using sandbox::JsonKind;

namespace {

// Those of such an object that are not there yet.
std::vector<std::string_view> missing_keys(EntryObject kind, const Located& object) {
  std::vector<std::string_view> names;
  for (const EntryKey& key : entry_keys()) {
    if (key.in == kind && object.value->find(key.name) == nullptr) names.push_back(key.name);
  }
  return names;
}

// An object that has such a key, where only one has.
std::string where_it_belongs(std::string_view name) {
  const EntryKey* only = nullptr;
  for (const EntryKey& key : entry_keys()) {
    if (key.name != name) continue;
    if (only != nullptr) return {};
    only = &key;
  }
  return only == nullptr ? std::string() : cat("it belongs into ", name_of(only->in));
}

// `missing`: the keys of such an object that are not there.
std::string remedy_of(EntryObject kind, std::span<const std::string_view> missing,
                      std::string_view name) {
  if (kind == EntryObject::kEnvironment) {
    return R"(write "variables": [{"name": …, "value": …}])";
  }
  std::string remedy = did_you_mean(name, missing);
  return remedy.empty() ? where_it_belongs(name) : remedy;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const auto near = near_name(word, known);
  return near ? cat("did you mean ", quote(*near), '?') : std::string();
}

std::string meant_word(std::string_view word, std::span<const std::string_view> known) {
  std::string plain;
  for (const char c : word) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return did_you_mean(plain, known);
}

void JsonReader::problem(const Located& at, MessageCode code, std::string_view what,
                         std::string remedy) {
  into_.problems.push_back(
      {at.value->offset, at.pointer, code, mask_secrets(what), std::move(remedy)});
}

void JsonReader::warning(const Located& at, MessageCode code, std::string_view what,
                         std::string remedy) {
  into_.warnings.push_back(
      {at.value->offset, at.pointer, code, mask_secrets(what), std::move(remedy)});
}

void JsonReader::refusal(const Located& at, MessageCode code, std::string_view what,
                         std::string remedy) {
  into_.refusals.push_back(
      {at.value->offset, at.pointer, code, mask_secrets(what), std::move(remedy)});
}

bool JsonReader::expect(const Located& at, JsonKind kind) {
  if (at.value->kind == kind) return true;
  problem(at, MessageCode::kType,
          cat("is ", name_of(at.value->kind), "; ", name_of(kind), " is expected"));
  return false;
}

std::optional<Located> JsonReader::optional(const Located& object, std::string_view name) {
  const auto* member = object.value->find(name);
  if (member == nullptr || member->value.kind == JsonKind::kNull) return std::nullopt;
  return Located{&member->value, sandbox::json_pointer(object.pointer, name)};
}

std::optional<Located> JsonReader::required(const Located& object, std::string_view name) {
  auto found = optional(object, name);
  if (!found) {
    problem(object, MessageCode::kKeyMissing, cat("lacks the required ", quote(name)));
  }
  return found;
}

std::optional<std::string> JsonReader::text(const Located& at) {
  if (!expect(at, JsonKind::kString)) return std::nullopt;
  if (at.value->text.find('\0') != std::string::npos) {
    problem(at, MessageCode::kValue, "contains a NUL byte");
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
    problem(*found, MessageCode::kValue, cat("is ", quote(word), "; true or false is expected"));
    return otherwise;
  }
  problem(*found, MessageCode::kType,
          cat("is ", name_of(found->value->kind), "; true or false is expected"));
  return otherwise;
}

std::vector<Located> JsonReader::items(const Located& array) {
  if (dialect_ == Dialect::kMesos && array.value->kind != JsonKind::kArray) return {array};
  std::vector<Located> found;
  if (array.value->kind != JsonKind::kArray) {
    problem(array, MessageCode::kType,
            cat("is ", name_of(array.value->kind), "; an array is expected"),
            "put it between '[' and ']'");
    return found;
  }
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

void JsonReader::warn_unknown(const Located& object, EntryObject kind) {
  if (dialect_ == Dialect::kMesos) return;
  const std::vector<std::string_view> missing = missing_keys(kind, object);
  for (const auto& member : object.value->members) {
    const EntryKey* key = find_key(kind, member.name);
    // What must not be there gets an error of its own.
    if (key != nullptr && (key->known_to == KnownTo::kBoth || key->kind == ValueKind::kNothing)) {
      continue;
    }
    Problem found{member.name_offset, sandbox::json_pointer(object.pointer, member.name)};
    if (key == nullptr) {
      note_unknown(std::move(found), remedy_of(kind, missing, member.name));
    } else if (key->known_to == KnownTo::kAuroraOnly) {
      found.code = MessageCode::kWarnKeyUnused;
      found.what = "Aurora takes this key, and slipway has no use for it";
      into_.warnings.push_back(std::move(found));
    } else {
      found.code = MessageCode::kKeyUnknown;
      found.what = "is a key of slipway's own: the scheduler does not start with it";
      found.remedy = "write the checksum behind the URI: \"…#sha256=…\"";
      into_.refusals.push_back(std::move(found));
    }
  }
}

void JsonReader::note_unknown(Problem found, const std::string& meant) {
  found.remedy = meant;
  found.code = MessageCode::kWarnKeyUnknown;
  found.what = "unknown key, ignored (Aurora's scheduler would not start with it)";
  into_.warnings.push_back(found);
  found.code = MessageCode::kKeyUnknown;
  found.what = "unknown key: the scheduler does not start with it";
  into_.refusals.push_back(std::move(found));
}

}  // namespace slipway::launcher
