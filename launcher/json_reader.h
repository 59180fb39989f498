// Reading a document that a person wrote: every problem is noted with its place, and reading goes
// on.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/entry_json.h"
#include "sandbox/json.h"

namespace slipway::launcher {

// A value and the pointer that names it.
struct Located {
  const sandbox::JsonValue* value;
  std::string pointer;
};

// Whose format the document is in. Mesos's own is more lenient: unknown keys are ignored without a
// word, and what is no array where one is expected is its one element (stout/protobuf.hpp).
enum class Dialect { kAurora, kMesos };

class JsonReader {
 public:
  explicit JsonReader(ParsedEntries& into, Dialect dialect = Dialect::kAurora)
      : into_(into), dialect_(dialect) {}

  void problem(const Located& at, std::string what);
  void warning(const Located& at, std::string what);
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  [[nodiscard]] std::size_t problem_count() const { return into_.problems.size(); }

  // False, with a problem noted, where the value is of another kind.
  bool expect(const Located& at, sandbox::JsonKind kind);

  // The member of that name; nothing where it is missing or null. A missing required one is a
  // problem.
  std::optional<Located> optional(const Located& object, std::string_view name);
  std::optional<Located> required(const Located& object, std::string_view name);

  // The text of a string member; nothing where it is missing or (noted) no string or holds a NUL.
  std::optional<std::string> optional_text(const Located& object, std::string_view name);
  std::optional<std::string> required_text(const Located& object, std::string_view name);
  // A string without NUL: C programs would see it cut.
  std::optional<std::string> text(const Located& at);

  // A boolean, or a string that Aurora takes for one; `otherwise` where it is missing.
  bool flag(const Located& object, std::string_view name, bool otherwise);

  // The elements of an array member; none where it is missing.
  std::vector<Located> items(const Located& object, std::string_view name);
  std::vector<Located> items(const Located& array);

  // Notes a warning for each member that is not among `known`, where the dialect has an opinion.
  void warn_unknown(const Located& object, std::initializer_list<std::string_view> known);

 private:
  ParsedEntries& into_;
  Dialect dialect_;
};

}  // namespace slipway::launcher
