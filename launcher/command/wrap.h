// A configuration whose commands are run through slipway, for a scheduler that knows nothing of it;
// and back. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/command/wrapped_entry.h"
#include "launcher/entry/entry_json.h"

namespace slipway::launcher {

struct Rewritten {
  std::string json;               // indented; only where `problems` is empty
  std::vector<Problem> problems;  // of the text that was given
  std::vector<Problem> warnings;
};

// `text` is what parse_entries() takes, and everything that it finds is found here. `executor`
// names the one entry to change; empty: all. What is not changed keeps its value, its spelling of
// numbers and the order of its members. An entry that is wrapped already is unwrapped first.
Rewritten wrap(std::string_view text, const std::string& executor, const Wrapping& wrapping);

// Entries that are not wrapped stay as they are. unwrap(wrap(text)) has the value of `text`.
Rewritten unwrap(std::string_view text, const std::string& executor);

}  // namespace slipway::launcher
