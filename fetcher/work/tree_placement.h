// Where cached trees go in a sandbox: which directories of theirs become overlays, and what is
// copied.
#pragma once

#include <optional>
#include <vector>

#include "fetcher/cache/tree_store.h"
#include "fetcher/plan/fetch_plan.h"
#include "fetcher/work/overlays.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// By step: the tree that it gets its members from without their being in the staging area.
using StepTrees = std::vector<std::optional<CachedTree>>;

struct TreeProblem {
  std::size_t step;  // whose tree it was
  Error error;
};

// What StagingArea::finish() needs of them.
struct PlacedTrees {
  Overlays overlays;
  const StepTrees* trees = nullptr;  // borrowed; null where there are no overlays
};

// When all that is not in `trees` is in the staging area `stage`. Decides on each directory in the
// roots of the trees: it becomes an overlay unless something else would be in it: a file or a
// directory that another step places, more trees than one mount can name, what the sandbox has
// there already; unless there are kMostOverlays already, or the cache's path is not UTF-8. All else
// of the trees is copied to where the steps' own members would be. Returns the overlays; their
// number is still to be set. `cache` may be null where there are no trees.
Result<Overlays, TreeProblem> stage_trees(const FetchPlan& plan, const StepTrees& trees,
                                          const Cache* cache, int stage, int sandbox);

// Makes the directories for what the task will change, each as its uppermost tree has it, below
// `private_dir`, and sets the number. Errors: as those of the calls.
Result<void> prepare_overlays(Overlays& overlays, const StepTrees& trees, int private_dir);

// What holds from now on, so that it is known to whoever mounts. `overlays` may be empty.
Result<void> forget_overlays(int private_dir);
Result<void> note_overlays(const Overlays& overlays, int private_dir);

}  // namespace slipway::fetcher
