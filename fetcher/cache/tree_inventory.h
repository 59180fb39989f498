// Takes down all that is in a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "fetcher/base/file_hashes.h"
#include "fetcher/cache/tree_record.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// A tree with more is not worth its upkeep: all names of a directory are in memory at once.
inline constexpr std::size_t kMostEntriesOfDirectory = 100'000;
inline constexpr std::uint64_t kMostEntries = 1'000'000;

// Writes the manifest of the tree whose root is `root` to the start of `manifest` (both borrowed),
// which is empty, and returns what belongs into its record; its boot is left empty. Files whose
// hash is in `hashes` (may be null) are not read, all others are. `beat` is called now and then.
// Errors: something that an extraction does not make; a tree deeper than any that it makes; more
// entries than the above.
Result<TreeRecord> take_tree_inventory(int root, int manifest, const FileHashes* hashes,
                                       const std::function<void()>& beat);

// The hash of the manifest that the tree would have now: it is as it was where that has not
// changed. Reads every file.
Result<TreeRecord> inspect_tree(int root, const std::function<void()>& beat);

}  // namespace slipway::fetcher
