// Entry → JSON text in Aurora's own format. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "launcher/entry/entry.h"

namespace slipway::launcher {

struct EntryText {
  std::string json;
  std::size_t left_out = 0;  // variables
};

// One entry object that parse_entries() reads back as an equal Entry, without a warning: URIs as
// they were given, credentials included. An entry that was read from JSON is UTF-8 throughout; of
// an environment, which need not be, the variables that are not are left out, for JSON cannot hold
// them, and the member kLeftOutKey says how many, those included that the caller has left out.
// The format has no entry without a command: such a one becomes kNoCommandLine. An executor_id is
// not written: the environment of a record holds it.
EntryText write_entry(const Entry& entry, std::size_t left_out = 0);

// For the shell, where the entry has no command.
inline constexpr char kNoCommandLine[] = "echo 'this entry has no command' >&2; exit 127";

// Not part of the format: parse_entries() warns of it, at the pointer "/" + kLeftOutKey.
inline constexpr char kLeftOutKey[] = "variables_left_out";

}  // namespace slipway::launcher
