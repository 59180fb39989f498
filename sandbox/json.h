// JSON text (RFC 8259) as a document that remembers where each value stands, so that every problem
// can be shown with file:line:column and JSON pointer. Every reader of JSON in the project stands
// on it. Pure.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

enum class JsonKind { kNull, kBoolean, kInteger, kReal, kString, kArray, kObject };

// "a string", "an object" …: for messages.
std::string_view name_of(JsonKind kind);

struct JsonMember;

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::size_t offset = 0;  // of the value's first byte in the text
  bool boolean = false;
  double number = 0;                // kInteger and kReal
  std::string text;                 // kString: the value; kInteger and kReal: as it was written
  std::vector<JsonValue> items;     // kArray
  std::vector<JsonMember> members;  // kObject, in the order of the text

  // The member of that name; null where there is none. Of two with one name: the first (the
  // document lists the second among its duplicates).
  [[nodiscard]] const JsonMember* find(std::string_view name) const;
  // Whether there is a member of one of those names.
  [[nodiscard]] bool has_any(std::initializer_list<std::string_view> names) const;
};

struct JsonMember {
  std::string name;
  std::size_t name_offset = 0;
  JsonValue value;
};

// A name that occurs twice in one object. RFC 8259 leaves its meaning open and readers differ:
// first wins, last wins, or appended. So it is for the reader of the document to refuse it.
struct JsonDuplicate {
  std::string pointer;  // of the second occurrence
  std::size_t offset = 0;
};

struct JsonDocument {
  JsonValue root;
  // In the order of the text. The first ones: a long name above many others would stand in the
  // pointer of each, and a text of 1 MiB take gigabytes.
  std::vector<JsonDuplicate> duplicates;
};

// Where and why the text is not JSON.
struct JsonError {
  std::size_t offset = 0;
  std::string what;
};

inline constexpr std::size_t kJsonMaxBytes = std::size_t{1} << 20;
inline constexpr std::size_t kJsonMaxDepth = 64;
// Behind so many bytes of pointers no more duplicates are listed.
inline constexpr std::size_t kJsonDuplicateBytes = std::size_t{64} << 10;

// Ensures: the whole text is one JSON value in well-formed UTF-8, at most `max_bytes` long and
// kJsonMaxDepth deep.
Result<JsonDocument, JsonError> parse_json(std::string_view text,
                                           std::size_t max_bytes = kJsonMaxBytes);

struct LineColumn {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in characters
};
// Of an offset beyond the text: of its end.
LineColumn line_column(std::string_view text, std::size_t offset);

// `pointer` + "/" + token, the token escaped as RFC 6901 says.
std::string json_pointer(std::string_view pointer, std::string_view token);
std::string json_pointer(std::string_view pointer, std::size_t index);

}  // namespace slipway::sandbox
