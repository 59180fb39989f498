// The part of looking after a cache that is about unpacked archives.
#pragma once

#include <vector>

#include "fetcher/cache/cache_catalog.h"

namespace slipway::fetcher {

// Compares every tree with its manifest and tells `out` of it. What is not what it was is removed,
// unless it is in use; of what cannot be compared it only says so. `items`: the entries of the
// cache.
void verify_trees(const Cache& cache, const std::vector<CatalogItem>& items, Verification& out);

}  // namespace slipway::fetcher
