// Entry → JSON text in Aurora's own format. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "launcher/entry/entry.h"

namespace slipway::launcher {

// How many of them a text lacks.
struct LeftOut {
  std::size_t variables = 0, uris = 0;
};

struct EntryText {
  std::string json;
  LeftOut left_out;
};

// One entry object that parse_entries() reads back as an equal Entry, without a warning: URIs as
// they were given, credentials included. An entry that was read from JSON is UTF-8 throughout; of
// an environment, which need not be, the variables that are not are left out, for JSON cannot hold
// them. The member kVariablesLeftOut says how many are, with those that the caller has left
// out; kUrisLeftOut how many URIs that has.
// The format has no entry without a command: such a one becomes kNoCommandLine. An executor_id is
// not written: the environment of a record holds it.
EntryText write_entry(const Entry& entry, LeftOut left_out = {});

// For the shell, where the entry has no command.
inline constexpr char kNoCommandLine[] = "echo 'this entry has no command' >&2; exit 127";

// Not part of the format: parse_entries() warns of them, at the pointer "/" and the key. A text
// that lacks nothing has neither.
inline constexpr char kVariablesLeftOut[] = "variables_left_out";
inline constexpr char kUrisLeftOut[] = "uris_left_out";

}  // namespace slipway::launcher
