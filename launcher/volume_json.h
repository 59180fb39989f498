// One element of volume_mounts. Pure.
#pragma once

#include <optional>

#include "launcher/json_reader.h"
#include "mounts/mount_spec.h"

namespace slipway::launcher {

// Nothing where there are problems, which were noted.
std::optional<mounts::VolumeSpec> read_volume(JsonReader& reader, const Located& at);

}  // namespace slipway::launcher
