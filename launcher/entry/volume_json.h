// One element of volume_mounts, and what Mesos's Volume has in common with it. Pure.
#pragma once

#include <optional>

#include "launcher/entry/json_reader.h"
#include "mounts/mount_spec.h"

namespace slipway::launcher {

// Each is nothing where there are problems, which were noted.
std::optional<mounts::VolumeSpec> read_volume(JsonReader& reader, const Located& at);
// Of the volume's object: its container_path, and its mode, "RO" or "RW".
std::optional<mounts::Target> read_container_path(JsonReader& reader, const Located& at);
std::optional<mounts::Access> read_mode(JsonReader& reader, const Located& at);

}  // namespace slipway::launcher
