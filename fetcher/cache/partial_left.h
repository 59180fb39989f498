// What a fill that died or was kept has left in partial/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/cache/cache_directory.h"
#include "fetcher/cache/cache_fill.h"

namespace slipway::fetcher {

// Of `size` bytes in partial/KEY: nothing where they cannot be resumed.
std::optional<PartialBody> partial_left(const CacheDirectory& directory, const std::string& key,
                                        std::uint64_t size);

}  // namespace slipway::fetcher
