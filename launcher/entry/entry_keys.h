// The keys of an entry, by the object they stand in: what the reader compares with, what "did you
// mean" chooses from, and what the JSON Schema is written from. Pure.
#pragma once

#include <span>
#include <string_view>

namespace slipway::launcher {

enum class EntryObject {
  kEntry,
  kExecutor,
  kCommand,
  kEnvironment,
  kVariable,
  kUri,
  kResource,
  kScalar,
  kVolume,
};

// From the outside in.
inline constexpr EntryObject kEntryObjects[] = {
    EntryObject::kEntry,       EntryObject::kExecutor, EntryObject::kCommand,
    EntryObject::kEnvironment, EntryObject::kVariable, EntryObject::kUri,
    EntryObject::kResource,    EntryObject::kScalar,   EntryObject::kVolume,
};
// "command".
std::string_view name_of(EntryObject object);

// What a value may be. Aurora's loader and slipway take all forms that are named here.
enum class ValueKind {
  kText,
  kNonEmptyText,
  kFlag,    // true, false, or these as strings (also with a capital)
  kAmount,  // a number of 0 or more
  kScalarType,
  kMode,
  kVariableType,
  kAbsolutePath,
  kChecksum,  // as fetcher::Pin reads it
  kTexts,     // an array of strings
  kObject,    // `object`
  kObjects,   // an array of `object`
  kNothing,   // null, or left out: whatever else stands there is refused
  kAnything,
};

enum class KnownTo {
  kBoth,
  kAuroraOnly,   // slipway has no use for it
  kSlipwayOnly,  // the scheduler would not start with it
};

enum class Needed { kRequired, kOptional };

struct EntryKey {
  EntryObject in;
  ValueKind kind;
  std::string_view name;
  Needed needed = Needed::kOptional;
  KnownTo known_to = KnownTo::kBoth;
  std::string_view meaning = {};             // a clause, for the schema
  EntryObject object = EntryObject::kEntry;  // of kObject and kObjects
};

// In the order of the manual.
std::span<const EntryKey> entry_keys();

// Null where that object has no such key.
const EntryKey* find_key(EntryObject in, std::string_view name);

}  // namespace slipway::launcher
