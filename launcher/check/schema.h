// The JSON Schema of the entries' file, written from the table of keys. Pure.
#pragma once

#include <string>

#include "launcher/plan/options.h"

namespace slipway::launcher {

// JSON Schema, draft 2020-12: an array of entries for Judge::kAurora; for Judge::kSlipway also one
// entry, slipway's own keys, and keys that nobody knows. What a schema cannot say (a name that is
// there twice, where a path leads, what a URI is) is check's business.
std::string entry_schema(Judge judge);

}  // namespace slipway::launcher
