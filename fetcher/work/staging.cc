#include "fetcher/work/staging.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "fetcher/cache/placement.h"
#include "fetcher/cache/prefetch_area.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

constexpr char kStage[] = "stage";
constexpr char kAll[] = "all";

Result<void> check_private_dir(int directory) {
  if (!TRY(sys::find_at(directory, sandbox::kPrivateDir))) return {};
  return Error(cat("the archive holds ", quote(sandbox::kPrivateDir),
                   ", which is slipway's own place in the sandbox"))
      .hint("make it anew without that, or say \"extract\": false")
      .as(MessageCode::kFetchArchive);
}

Result<void> put_together(const FetchStep& step, std::size_t index, int stage, int all) {
  const Fd file = TRY(sys::open_beneath(stage, cat(index, "/file"), O_RDONLY | O_DIRECTORY));
  TRY(merge(file.get(), all));
  if (!step.extract) return {};
  const Fd tree = TRY(sys::open_beneath(stage, cat(index, "/tree"), O_RDONLY | O_DIRECTORY));
  TRY(check_private_dir(tree.get()));
  return merge(tree.get(), all);
}

Result<void> make_mount_points(const Overlays& overlays, int all) {
  for (const OverlayDirectory& each : overlays.directories) {
    TRY(sys::make_directory(all, each.name, 0755));
  }
  return {};
}

// Puts the finished pieces together in the order of the entry, then the whole into the sandbox:
// what cannot be put together is found while the sandbox is still untouched.
Result<void> place(const FetchPlan& plan, PlacedTrees trees, int stage, int private_dir,
                   int sandbox) {
  const Fd all = TRY(make_directories(stage, {kAll}));
  const std::size_t apart = layout_of(plan) == Layout::kTogether ? 0 : plan.steps.size();
  for (std::size_t i = 0; i < apart; ++i) {
    TRY(put_together(plan.steps[i], i, stage, all.get())
            .context(cat("placing ", quote(plan.steps[i].uri.redacted()))));
  }
  TRY(make_mount_points(trees.overlays, all.get()));
  TRY(check_private_dir(all.get()));
  TRY(check_merge(all.get(), sandbox).context("placing the files in the sandbox"));
  if (trees.trees != nullptr) {
    TRY(prepare_overlays(trees.overlays, *trees.trees, private_dir).context("making overlays"));
  }
  // From here on those of an earlier launch do not hold any more: whatever fails before leaves
  // them.
  TRY(forget_overlays(private_dir));
  TRY(merge(all.get(), sandbox).context("placing the files in the sandbox"));
  return note_overlays(trees.overlays, private_dir);
}

// The directory in which the staging area is made: slipway's own in the sandbox, or where there is
// none the cache's.
Result<Fd> open_private(const WorkOrder& order, int sandbox, const Fd& cache_root) {
  if (!order.prefetch) {
    return sys::open_beneath(sandbox, sandbox::kPrivateDir, O_RDONLY | O_DIRECTORY);
  }
  if (!cache_root) return Error("there is no cache to fetch into");
  return sys::duplicate(cache_root.get());
}

// Several may prefetch at once; a sandbox is one slipway's. The number is that process's alone,
// also where containers share a cache: a pid is one of its namespace's (pid_namespaces(7)).
// slipway-fetcher has the pid of the process that it takes the place of.
std::string name_of(const WorkOrder& order, pid_t pid) {
  if (!order.prefetch) return kStage;
  const auto space = sys::stat_at(AT_FDCWD, "/proc/self/ns/pid", 0);
  return cat(kPrefetchArea, space ? space->st_ino : 0, '.', pid);
}

bool is_begun(const WorkOrder& order) {
  return std::ranges::any_of(order.states, [](StepState each) { return each != StepState::kNew; });
}

}  // namespace

Result<Fd> make_directories(int base, const std::vector<std::string>& names) {
  Fd at = TRY(sys::duplicate(base));
  for (const std::string& name : names) {
    if (auto made = sys::make_directory(at.get(), name, 0755);
        !made && !made.error().is(std::errc::file_exists)) {
      return std::move(made).error();
    }
    at = TRY(sys::open_beneath(at.get(), name, O_RDONLY | O_DIRECTORY));
  }
  return at;
}

Layout layout_of(const FetchPlan& plan) {
  return extracts(plan) || files_meet(plan) ? Layout::kApart : Layout::kTogether;
}

Result<StagedFile> staged_file(const FetchStep& step, std::size_t index, int stage, Layout layout) {
  auto directories = step.destination.components();
  std::string name = std::move(directories.back());
  directories.back() = layout == Layout::kTogether ? kAll : "file";
  std::rotate(directories.begin(), directories.end() - 1, directories.end());
  if (layout == Layout::kApart) directories.insert(directories.begin(), cat(index));
  return StagedFile{TRY(make_directories(stage, directories)), std::move(name)};
}

Outcome stage_failed(EventSink& events, const Error& error) {
  events.tell(StageFailedEvent{code_of(Error(error).as(MessageCode::kFetch)), error.message(),
                               error.remedy()});
  return Outcome::kFailed;
}

Result<StagingArea> StagingArea::open(const WorkOrder& order, int sandbox, const Fd& cache_root) {
  Fd private_dir = TRY(open_private(order, sandbox, cache_root));
  std::string name = name_of(order, ::getpid());
  const std::string_view making = "making the staging area";
  if (!is_begun(order)) {
    if (order.prefetch) sweep_prefetch_areas(private_dir.get(), std::chrono::hours(1));
    TRY(remove_tree(private_dir.get(), name).context(making));
    TRY(sys::make_directory(private_dir.get(), name, 0700).context(making));
  }
  Fd stage =
      TRY(sys::open_beneath(private_dir.get(), name, O_RDONLY | O_DIRECTORY).context(making));
  if (order.prefetch && !TRY(sys::lock(stage.get(), sys::Lock::kShared))) {
    return Error("another slipway is removing it")
        .context(making)
        .hint("'slipway cache prune' or 'clear' runs: begin again");
  }
  return StagingArea(sandbox, std::move(private_dir), std::move(name), std::move(stage));
}

Result<void> StagingArea::remove_of(pid_t ended, const WorkOrder& order, int sandbox,
                                    const Fd& cache_root) {
  const Fd private_dir = TRY(open_private(order, sandbox, cache_root));
  return remove_tree(private_dir.get(), name_of(order, ended));
}

Outcome StagingArea::finish(const WorkOrder& order, Outcome outcome, PlacedTrees trees,
                            EventSink& events) {
  if (outcome == Outcome::kPlaced && !order.prefetch) {
    auto placed = place(order.plan, std::move(trees), stage_.get(), private_dir_.get(), sandbox_);
    if (!placed) {
      outcome = stage_failed(events, placed.error());
    }
  }
  if (auto removed = remove_tree(private_dir_.get(), name_); !removed) {
    events.tell(
        WarningEvent{cat("the staging area could not be removed: ", removed.error().message())});
  }
  if (outcome == Outcome::kPlaced) events.tell(PlacedEvent{});
  return outcome;
}

}  // namespace slipway::fetcher
