// Where the files of a fetch stage stand until all of them are there and verified: a directory in
// the sandbox's private one, and from there to their places, in the order of the entry.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/transfer/event_sink.h"
#include "fetcher/work/tree_placement.h"
#include "fetcher/work/work_order.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

enum class Outcome { kPlaced, kFailed };

class StagingArea {
 public:
  // Makes the staging area of an order, empty, whatever an earlier run that was killed has left;
  // or opens it, where some of its steps have been begun already. `sandbox` is borrowed. Of a
  // prefetch there is no sandbox: it is made in the cache, whose directory is `cache_root`.
  static Result<StagingArea> open(const WorkOrder& order, int sandbox, const Fd& cache_root);

  // Removes what a process that has ended, and was in this one's pid namespace, has left of it.
  // Nothing there is success. `sandbox` and `cache_root` as for open().
  static Result<void> remove_of(pid_t ended, const WorkOrder& order, int sandbox,
                                const Fd& cache_root);

  [[nodiscard]] int fd() const { return stage_.get(); }

  // The end of an order: where `outcome` is kPlaced everything is put into the sandbox, unless it
  // is a prefetch; of `trees` what is to be mounted is noted. Then the staging area is removed.
  // Tells what became of it.
  Outcome finish(const WorkOrder& order, Outcome outcome, PlacedTrees trees, EventSink& events);

 private:
  StagingArea(int sandbox, Fd private_dir, std::string name, Fd stage)
      : sandbox_(sandbox),
        private_dir_(std::move(private_dir)),
        name_(std::move(name)),
        stage_(std::move(stage)) {}

  int sandbox_;
  Fd private_dir_;
  std::string name_;
  Fd stage_;
};

// The stage as a whole could not do its work.
Outcome stage_failed(EventSink& events, const Error& error);

// Opens a directory below `base`, making it and its parents.
Result<Fd> make_directories(int base, const std::vector<std::string>& names);

// Where neither another file nor an archive's members can be in their way, files are put together
// as they come.
enum class Layout {
  kTogether,
  kApart,  // each step in a directory INDEX of its own: "file", and for an archive's members "tree"
};
Layout layout_of(const FetchPlan& plan);

// The place of a step's file in the staging area.
struct StagedFile {
  Fd parent;
  std::string name;
};
Result<StagedFile> staged_file(const FetchStep& step, std::size_t index, int stage, Layout layout);

}  // namespace slipway::fetcher
