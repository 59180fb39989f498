// Mesos's ContainerInfo: its volumes. Pure.
#pragma once

#include "launcher/entry/entry.h"
#include "launcher/entry/json_reader.h"

namespace slipway::launcher {

// Adds the volumes. Of a Volume exactly one of host_path, image and source is set (Mesos:
// src/common/validation.cpp), and of a source what its type names; what is no path of the host is a
// problem, never dropped. An image is a warning: the executor runs on this host's files. A
// container that is text, as /state has it, is only its id.
void read_container(JsonReader& reader, const Located& at, Entry& entry);

}  // namespace slipway::launcher
