// Brings a cached tree, or a part of it, to another place.
#pragma once

#include <functional>
#include <string_view>

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/extract_limits.h"
#include "fetcher/cache/tree_store.h"
#include "fetcher/plan/materialize.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Which directories of the tree's root are wanted. What is no directory always is.
using WantedDirectories = std::function<bool(std::string_view name)>;

// Into `into` (borrowed), a new and empty directory of the caller's, with modes, times and hard
// links. Files that share blocks with the cache are known by what the kernel notes of them, before
// and after; of copied ones the hash is computed of the very bytes that are copied. Several threads
// work at it. Errors: is_tree_damage() where something in the cache is not what it was; no room.
// What was made until then stays there: the caller removes the directory.
Result<Extracted> copy_tree(const CachedTree& tree, const WantedDirectories& wanted, int into,
                            Sharing sharing, const ExtractLimits& limits);

}  // namespace slipway::fetcher
