// A size that nobody has chosen: "auto" in the settings file.
#pragma once

#include <cstdint>

namespace slipway::fetcher {

// No size of anything: larger than every file system.
inline constexpr std::uint64_t kAutomaticSize = UINT64_MAX;

}  // namespace slipway::fetcher
