// The staging areas of prefetches: directories beside v1/ in the cache. Who prefetches holds the
// lock of its own (flock), but for the moment in which slipway-fetcher takes its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace slipway::fetcher {

// Their names begin so; whose it is stands behind.
inline constexpr std::string_view kPrefetchArea = "stage.";

// Removes those in which nothing was begun for so long and that nobody holds: their owners were
// killed. Returns how many; none where the directory cannot be read.
std::uint64_t sweep_prefetch_areas(int cache_root, std::chrono::seconds at_least);

}  // namespace slipway::fetcher
