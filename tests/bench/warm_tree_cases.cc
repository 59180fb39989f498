// Warm starts with archives of trees.
#include "tests/bench/warm_place.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "sandbox/base/text.h"
#include "tests/bench/beforehand.h"
#include "tests/bench/entry_file.h"
#include "tests/bench/scratch_disk.h"
#include "tests/bench/timed_run.h"
#include "tests/bench/warm_cases.h"
#include "tests/bench/warm_trees.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

// How much longer than with the smallest tree of its series a launch may take.
constexpr double kFlat = 1.5;

class TreeStage {
 public:
  TreeStage(const WarmPlace& place, std::uint64_t disk_bytes)
      : place_(place),
        disk_(place.work, DiskKind::kExt4, disk_bytes),
        into_(disk_.directory() + "/into") {
    disk_.renew();
    const Invocation& invocation = place.settings.invocation;
    slipways_ = slipways(invocation.build, invocation.before, disk_.directory());
  }

  [[nodiscard]] std::string new_source() { return cat(disk_.directory(), "/source-", ++sources_); }

  // Into the cache of each, so that what comes after is warm; and a launch that looks whether
  // everything is there.
  void fill(const Tree& tree) {
    for (const Slipway& each : slipways_) {
      for (int launch = 0; launch < 2; ++launch) {
        renew(into_);
        timed_run(launch_of(each, tree));
      }
      renew(into_);
      auto argv = launch_of(each, tree);
      const std::vector<std::string> probe{
          "--",
          "/bin/sh",
          "-c",
          R"(for each in "$1"/*; do diff -rq --no-dereference "$each" "${each##*/}" || exit 1; done)",
          "probe",
          tree.source};
      argv.insert(argv.end(), probe.begin(), probe.end());
      timed_run(argv);
    }
  }

  // `smallest`: the smallest tree of the same series, or null.
  void measure(const Tree& tree, std::optional<double> goal, const Tree* smallest) {
    std::vector<Contender> contenders;
    for (const Slipway& each : slipways_) {
      contenders.push_back({each.name, launch_of(each, tree), {}});
    }
    contenders.push_back({"cp -a", {"/usr/bin/cp", "-a", tree.source, into_ + "/tree"}, goal});
    if (smallest != nullptr) {
      contenders.push_back(
          {"slipway, " + smallest->title, launch_of(slipways_.front(), *smallest), kFlat});
    }
    Around around;
    around.before = [&](const Contender&) { make_ready(tree); };
    run_case(place_, tree.title, contenders, place_.settings.invocation.rounds, around);
    renew(into_);
  }

 private:
  [[nodiscard]] std::vector<std::string> launch_of(const Slipway& slipway, const Tree& tree) const {
    const std::string name = fs::path(tree.archive).filename();
    const std::string entry = write_entry(cat(place_.work, "/", name, ".json"),
                                          {{place_.nginx.http("/archives/" + name), true, true}});
    return warm_launch(slipway, place_.slipway_settings, entry, into_);
  }

  // Everything that is not to be measured is done before.
  void make_ready(const Tree& tree) const {
    constexpr std::uint64_t kLeast = std::uint64_t{64} << 20;
    constexpr std::uint64_t kMost = std::uint64_t{2} << 30;
    renew(into_);
    disk_.settle();
    touch_memory(std::clamp(2 * tree.bytes, kLeast, kMost));
  }

  const WarmPlace& place_;
  ScratchDisk disk_;
  std::string into_;
  std::vector<Slipway> slipways_;
  int sources_ = 0;
};

void measure_usual_tree(const WarmPlace& place) {
  const WarmSettings& settings = place.settings;
  if (!is_wanted(usual_title(settings.scale), settings)) return;
  TreeStage stage(place, ScratchDisk::kUsualBytes);
  const Tree tree = unpack_usual_tree(settings.scale, place.archives, stage.new_source());
  stage.fill(tree);
  stage.measure(tree, 0.005, nullptr);
}

// Each slipway has a tree twice, as an archive and unpacked; it is there once more as the source,
// and once as what cp(1) makes of that.
std::uint64_t disk_for(std::uint64_t trees, std::uint64_t slipways) {
  constexpr std::uint64_t kJournalAndTables = std::uint64_t{1} << 30;
  return kJournalAndTables + trees * (2 * slipways + 3);
}

// Beside the smallest of its series. The disk is its own: it is as large as the largest tree wants.
void measure_tree(const WarmPlace& place, const MadeTree& made, const MadeTree& least) {
  const std::uint64_t slipways = place.settings.invocation.before.empty() ? 1 : 2;
  TreeStage stage(place, disk_for(room_for(made) + room_for(least), slipways));
  const Tree smallest = make_tree(least, place.archives, stage.new_source());
  stage.fill(smallest);
  if (made.title == least.title) return stage.measure(smallest, std::nullopt, nullptr);
  const Tree tree = make_tree(made, place.archives, stage.new_source());
  stage.fill(tree);
  stage.measure(tree, std::nullopt, &smallest);
}

// From the smallest to the largest: each is compared with the smallest.
void measure_series(const WarmPlace& place, const std::vector<MadeTree>& series) {
  for (const MadeTree& each : series) {
    if (is_wanted(each.title, place.settings)) measure_tree(place, each, series.front());
  }
}

std::vector<MadeTree> series_of(std::vector<std::uint64_t> values,
                                MadeTree (*make)(std::uint64_t)) {
  std::sort(values.begin(), values.end());
  std::vector<MadeTree> series;
  series.reserve(values.size());
  for (const std::uint64_t value : values) series.push_back(make(value));
  return series;
}

}  // namespace

void measure_trees(const WarmPlace& place) {
  measure_usual_tree(place);
  measure_series(place, series_of(place.settings.files, tree_of_files));
  measure_series(place, series_of(place.settings.sizes, tree_of_bytes));
}

}  // namespace slipway::bench
