#include "fetcher/work/tree_placement.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "fetcher/archive/new_file.h"
#include "fetcher/cache/placement.h"
#include "fetcher/cache/tree_copy.h"
#include "fetcher/work/staging.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY;

using Names = std::set<std::string>;

Result<void> add_names(int dir, const std::string& path, Names& names) {
  auto opened = sys::open_beneath(dir, path, kDirectoryFlags);
  if (!opened && opened.error().is(std::errc::no_such_file_or_directory)) return {};
  for (auto& entry : TRY(sys::list(TRY(std::move(opened)).get())))
    names.insert(std::move(entry.name));
  return {};
}

// In the root of a tree, less its directories.
Result<void> add_other_names(const CachedTree& tree, Names& names) {
  if (tree.record.others == 0) return {};
  const auto is_directory = [&](const std::string& name) {
    return std::ranges::find(tree.record.directories, name, &TopDirectory::name) !=
           tree.record.directories.end();
  };
  for (auto& entry : TRY(sys::list(tree.root.get()))) {
    if (!is_directory(entry.name)) names.insert(std::move(entry.name));
  }
  return {};
}

// What stands in the sandbox under that name would be hidden.
Result<bool> holds_something(int sandbox, const std::string& name) {
  const auto found = TRY(sys::find_at(sandbox, name));
  if (!found || !S_ISDIR(found->st_mode)) return false;  // a file is replaced
  const Fd dir = TRY(sys::open_beneath(sandbox, name, kDirectoryFlags));
  return !TRY(sys::list(dir.get(), 1)).empty();
}

// The names in the staging area and in the trees' roots that keep a directory from being an
// overlay.
Result<Names, TreeProblem> taken_names(const StepTrees& trees, int stage) {
  Names taken;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    Result<void> added = add_names(stage, cat(i, "/file"), taken);
    if (added && trees[i]) added = add_other_names(*trees[i], taken);
    if (added && !trees[i]) added = add_names(stage, cat(i, "/tree"), taken);
    if (!added) return TreeProblem{i, std::move(added).error()};
  }
  return taken;
}

// What is left of kMostOverlays, of mounts and of the trees (by step) below them.
class OverlayRoom {
 public:
  // False where there is not enough.
  bool take(const std::vector<std::size_t>& trees) {
    const auto more =
        std::ranges::count_if(trees, [&](auto each) { return !trees_.contains(each); });
    if (mounts_ == kMostOverlays ||
        trees_.size() + static_cast<std::size_t>(more) > kMostOverlays) {
      return false;
    }
    ++mounts_;
    trees_.insert(trees.begin(), trees.end());
    return true;
  }

 private:
  std::size_t mounts_ = 0;
  std::set<std::size_t> trees_;
};

Result<Overlays, TreeProblem> choose_overlays(const StepTrees& trees, int stage, int sandbox) {
  const Names taken = TRY(taken_names(trees, stage));
  std::map<std::string, std::vector<std::size_t>> steps;  // by directory
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!trees[i]) continue;
    for (const TopDirectory& each : trees[i]->record.directories) steps[each.name].push_back(i);
  }
  Overlays overlays;
  OverlayRoom room;
  for (const auto& [name, of] : steps) {
    if (taken.contains(name) || of.size() > kMostTreesOfDirectory) continue;
    const auto occupied = holds_something(sandbox, name);
    if (!occupied) return TreeProblem{of.front(), occupied.error()};
    if (*occupied || !room.take(of)) continue;
    OverlayDirectory& directory = overlays.directories.emplace_back();
    directory.name = name;
    // Two URIs may bring the same archive: as a layer it is there once, where the later one is.
    for (const std::size_t i : of) {
      std::erase(directory.trees, trees[i]->key);
      directory.trees.push_back(trees[i]->key);
    }
  }
  return overlays;
}

bool is_overlay(const Overlays& overlays, std::string_view name) {
  return std::ranges::find(overlays.directories, name, &OverlayDirectory::name) !=
         overlays.directories.end();
}

Result<void> copy_rest(const FetchPlan& plan, const CachedTree& tree, std::size_t index,
                       const Overlays& overlays, int stage) {
  const Fd own = TRY(make_directories(stage, {cat(index)}));
  TRY(remove_tree(own.get(), "tree"));  // of a first try, when another step's tree was damaged
  const Fd into = TRY(make_directories(own.get(), {"tree"}));
  TRY(copy_tree(
      tree, [&](std::string_view name) { return !is_overlay(overlays, name); }, into.get(),
      plan.materialization.sharing, plan.extract_limits));
  return {};
}

// Of its directory, as this process sees it.
Result<std::string> path_of(const Cache& cache) {
  constexpr std::string_view kVersion = "/v1";
  std::string path = TRY(sys::read_link(AT_FDCWD, sys::path_of(cache.directory().fd())));
  if (!path.ends_with(kVersion)) return Error(cat("the cache is at ", quote(path)));
  path.resize(path.size() - kVersion.size());
  return path;
}

// Nothing of an earlier launch is touched: its processes may still use it.
Result<std::uint64_t> make_next_number(int overlay) {
  for (std::uint64_t number = 1;; ++number) {
    auto made = sys::make_directory(overlay, cat(number), 0700);
    if (made) return number;
    if (!made.error().is(std::errc::file_exists)) return std::move(made).error();
  }
}

// An upper directory gives the overlay its own mode and times.
Result<void> make_upper(int place, const CachedTree& tree, const std::string& name) {
  const auto found = TRY(sys::stat_at(tree.root.get(), name));
  for (const char* each : {"upper", "work"}) TRY(sys::make_directory(place, each, 0700));
  const Fd upper = TRY(sys::open_beneath(place, "upper", kDirectoryFlags));
  TRY(sys::change_mode(upper.get(), found.st_mode & 07777));
  return set_modified(upper.get(), found.st_mtim);
}

Result<void> write_new(int dir, const std::string& name, std::string_view text) {
  Fd file = TRY(sys::open_at(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(sys::write_all(file.get(), text));
  return file.close();
}

}  // namespace

Result<Overlays, TreeProblem> stage_trees(const FetchPlan& plan, const StepTrees& trees,
                                          const Cache* cache, int stage, int sandbox) {
  const auto first = std::ranges::find_if(trees, [](const auto& each) { return each.has_value(); });
  if (first == trees.end()) return Overlays{};
  auto path = path_of(*cache);
  if (!path) {
    return TreeProblem{static_cast<std::size_t>(first - trees.begin()), std::move(path).error()};
  }
  // JSON has no other.
  Overlays overlays;
  if (is_utf8(*path)) overlays = TRY(choose_overlays(trees, stage, sandbox));
  overlays.cache = *std::move(path);
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!trees[i]) continue;
    if (auto copied = copy_rest(plan, *trees[i], i, overlays, stage); !copied) {
      return TreeProblem{i, std::move(copied).error()};
    }
  }
  return overlays;
}

Result<void> prepare_overlays(Overlays& overlays, const StepTrees& trees, int private_dir) {
  if (overlays.directories.empty()) return {};
  const Fd overlay = TRY(make_directories(private_dir, {"overlay"}));
  overlays.number = TRY(make_next_number(overlay.get()));
  for (std::size_t i = 0; i < overlays.directories.size(); ++i) {
    const OverlayDirectory& directory = overlays.directories[i];
    const auto top = std::ranges::find_if(
        trees, [&](const auto& each) { return each && each->key == directory.trees.back(); });
    const Fd place = TRY(make_directories(overlay.get(), {cat(overlays.number), cat(i)}));
    TRY(make_upper(place.get(), **top, directory.name).context(quote(directory.name)));
  }
  return {};
}

Result<void> forget_overlays(int private_dir) {
  return sys::unlink_if_there(private_dir, kOverlaysFile);
}

Result<void> note_overlays(const Overlays& overlays, int private_dir) {
  if (overlays.directories.empty()) return {};
  const std::string temporary = cat(kOverlaysFile, ".new");
  TRY(sys::unlink_if_there(private_dir, temporary));
  auto noted = write_new(private_dir, temporary, to_json(overlays));
  if (noted) noted = sys::rename(private_dir, temporary, private_dir, kOverlaysFile);
  // What cannot be removed either, the next launch removes.
  if (!noted) (void)sys::unlink_if_there(private_dir, temporary);
  return noted;
}

}  // namespace slipway::fetcher
