// JSON text → entries, or every problem there is. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/entry/entry.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

struct Problem {
  std::size_t offset = 0;  // of the place in the text
  std::string pointer;     // RFC 6901; empty for the whole document
  MessageCode code{};
  std::string what = {};    // with what is expected there
  std::string remedy = {};  // "did you mean …"; may be empty
};

// Where the parts of an entry stand in the document, as pointers.
struct EntryPlaces {
  std::string entry;
  std::string command;
  std::string value;      // of the command
  std::string arguments;  // empty where there are none
  std::vector<std::string> uris;
  std::vector<std::string> volumes;
};

struct ParsedEntries {
  std::vector<Entry> entries;       // complete and valid where `problems` is empty
  std::vector<EntryPlaces> places;  // of each; Aurora's format only, else empty
  std::vector<Problem> problems;    // in the order of the text
  std::vector<Problem> warnings;
  // What Aurora's scheduler would not start with, and slipway takes.
  std::vector<Problem> refusals = {};
};

// Takes Aurora's array of entries or one entry object, or a message of Mesos's (mesos_entry.h,
// fetcher_info_entry.h). Of Aurora's are required: executor, task_prefix;
// executor.name, .command, .resources; command.value; uris[].value; resources[].name, .type,
// .scalar.value; volume_mounts[].host_path, .container_path, .mode. Lenient as Aurora's loader is
// with scalars: null is unset, "true"/"false"/"True"/"False" are booleans. Unknown keys are
// warnings. A text that is not JSON is mended as far as it can be (json_mend.h), so that everything
// that is wrong with it is found at once.
ParsedEntries parse_entries(std::string_view text);

// "FILE:LINE:COLUMN: POINTER: what (remedy) [CODE]", without what is empty.
std::string describe(const Problem& problem, std::string_view text, std::string_view file);

}  // namespace slipway::launcher
