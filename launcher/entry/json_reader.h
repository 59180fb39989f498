// Reading a document that a person wrote: every problem is noted with its place, and reading goes
// on. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "launcher/entry/entry_json.h"
#include "launcher/entry/entry_keys.h"
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

// "did you mean 'mode'?"; empty where nothing known is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

// The same for words that stand in capitals: blanks around it and small letters are forgiven.
std::string meant_word(std::string_view word, std::span<const std::string_view> known);

class JsonReader {
 public:
  explicit JsonReader(ParsedEntries& into, Dialect dialect = Dialect::kAurora)
      : into_(into), dialect_(dialect) {}

  // What looks like a secret in `what`, which may quote the document, is masked.
  void problem(const Located& at, MessageCode code, std::string_view what, std::string remedy = {});
  void warning(const Located& at, MessageCode code, std::string_view what, std::string remedy = {});
  void refusal(const Located& at, MessageCode code, std::string_view what, std::string remedy);
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

  // Notes a warning for each member that is no key of such an object, where the dialect has an
  // opinion.
  void warn_unknown(const Located& object, EntryObject kind);

 private:
  void note_unknown(Problem found, const std::string& meant);

  ParsedEntries& into_;
  Dialect dialect_;
};

}  // namespace slipway::launcher
