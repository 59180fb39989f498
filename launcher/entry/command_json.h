// CommandInfo, as Aurora's entries and Mesos's own messages have it. Pure.
#pragma once

#include "launcher/entry/entry.h"
#include "launcher/entry/json_reader.h"

namespace slipway::launcher {

// Into `entry`: command, user, environment and uris. Problems are noted; what is said twice in
// other words is a warning. `value` is required. In Mesos's dialect the arguments may be called
// argv, as /state does (src/common/http.cpp).
void read_command(JsonReader& reader, const Located& at, Entry& entry,
                  EntryPlaces* places = nullptr);

}  // namespace slipway::launcher
