// A step whose archive is unpacked: out of a cached tree, into one, or as ever.
#pragma once

#include <optional>

#include "fetcher/work/extraction_slots.h"
#include "fetcher/work/obtain.h"
#include "fetcher/work/tree_use.h"

namespace slipway::fetcher {

// What came of a step.
struct Unpacked {
  FetchedEvent event;
  std::optional<CachedTree> tree = {};  // as use_tree() returns it; else all is in the staging area
};

// For one step of a stage; all borrowed.
struct UnpackingStep {
  const FetchPlan& plan;
  const FetchStep& step;
  std::size_t index;
  int stage;
  const Cache* cache;  // may be null
  Obtainer& obtainer;
  ExtractionSlots& slots;
  UriAccount& account;
};

// Brings the members into stage/INDEX/tree (and a file that stays into stage/INDEX/file), unless
// they come from a tree that is left for stage_trees().
Result<Unpacked, TransferFailure> unpack(const UnpackingStep& unpacking);

// Of a prefetch: makes the tree of an archive that is in the cache, where a launch would at once.
// What stands in the way is only told.
void prefetch_tree(const UnpackingStep& unpacking, const Content& content);

// The same as unpack() without trees.
Result<FetchedEvent, TransferFailure> unpack_plainly(const UnpackingStep& unpacking,
                                                     const FetchStep& step);

}  // namespace slipway::fetcher
