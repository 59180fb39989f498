// The resources of an ExecutorInfo. Pure.
#pragma once

#include "launcher/entry/entry.h"
#include "launcher/entry/json_reader.h"

namespace slipway::launcher {

// cpus and mem of Mesos's array of Resource, each summed over roles and reservations, or of the
// object that /state shows; others are ignored. mem is rounded down to whole MB. Numbers may be
// written as strings. Problems are noted.
Resources read_mesos_resources(JsonReader& reader, const Located& at);

}  // namespace slipway::launcher
