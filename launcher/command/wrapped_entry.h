// One entry of a configuration, as a document: launched through slipway, and back again. Pure.
//
// What the agent must go on seeing stays outside (name, resources, task_prefix, the user, every key
// that is not ours); the entry that `slipway run` takes is one line of JSON in the variable
// SLIPWAY_ENTRY of the outer command.
#pragma once

#include <string>
#include <vector>

#include "launcher/entry/entry_json.h"
#include "launcher/entry/json_reader.h"
#include "sandbox/json.h"

namespace slipway::launcher {

// Who fetches the URIs of a wrapped entry: slipway, or still the agent.
enum class Fetching { kBySlipway, kByAgent };

struct Wrapping {
  std::string program;  // absolute: what the agent starts
  Fetching fetching = Fetching::kBySlipway;
  std::vector<std::string> run_options;
};

// All take entries that parse_entries() accepts.

// True where the command has the variable SLIPWAY_ENTRY.
bool is_wrapped(const sandbox::JsonValue& entry);

// The outer entry. Problem: the inner one is longer than a variable can be (execve(2)).
sandbox::JsonValue wrap_entry(const Located& entry, const Wrapping& wrapping,
                              std::vector<Problem>& problems);

// The entry as it was before it was wrapped; where it was edited since, the outer name, resources,
// task_prefix, user and other keys count, and the inner command and volumes. Problems: an inner
// entry that is none; what has been added to the outer command and has no place in the entry.
sandbox::JsonValue unwrap_entry(const Located& entry, std::vector<Problem>& problems);

}  // namespace slipway::launcher
