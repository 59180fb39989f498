#include "mounts/mount_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;

namespace {

constexpr const char* kMakeIt =
    "create it on the host, or use a relative container_path (in the sandbox)";

class Planner {
 public:
  Planner(std::span<const VolumeSpec> volumes, const MountSurvey& survey,
          const std::optional<AbsolutePath>& sandbox_dir)
      : volumes_(volumes),
        survey_(survey),
        sandbox_dir_(sandbox_dir),
        targets_(final_targets(volumes, survey, sandbox_dir)) {}

  void check() {
    for (std::size_t index = 0; index < volumes_.size(); ++index) {
      check_source(index);
      if (check_target(index) && check_single(index)) check_mount_point(index);
    }
  }

  std::vector<PlanProblem> take_problems() { return std::move(problems_); }

  MountPlan steps(Privilege privilege) {
    MountPlan plan;
    plan.steps.emplace_back(EnterNamespaces{privilege});
    plan.steps.emplace_back(IsolateMounts{});
    const auto order = parents_first();
    for (const auto index : order) {
      const auto& spec = volumes_[index];
      plan.steps.emplace_back(TakeVolume{index, spec.host_path, source_kind(index), spec.access});
    }
    if (!new_files_.empty() || !new_directories_.empty()) {
      plan.steps.emplace_back(ExtendRoot{{new_directories_.begin(), new_directories_.end()},
                                         {new_files_.begin(), new_files_.end()}});
    }
    for (const auto index : order) add_mount_point(index, plan);
    for (const auto index : order) {
      const auto& spec = volumes_[index];
      plan.steps.emplace_back(
          AttachVolume{index, spec.host_path, targets_[index], source_kind(index), spec.access});
    }
    plan.steps.emplace_back(VerifyMounts{});
    return plan;
  }

 private:
  void problem(std::size_t index, Error error) { problems_.push_back({index, std::move(error)}); }

  [[nodiscard]] std::string named_target(std::size_t index) const {
    const std::string& asked = text_of(volumes_[index].container_path);
    const std::string& real = text_of(targets_[index]);
    if (asked == real || std::holds_alternative<SandboxPath>(targets_[index])) {
      return cat("container_path ", quote(asked));
    }
    return cat("container_path ", quote(asked), " (really ", quote(real), ")");
  }

  [[nodiscard]] FileKind source_kind(std::size_t index) const {
    return *survey_.volumes[index].source;
  }

  void check_source(std::size_t index) {
    const auto& source = survey_.volumes[index].source;
    if (source) return;
    Error error = source.error();
    const bool missing = error.is(std::errc::no_such_file_or_directory);
    const bool denied = error.is(std::errc::permission_denied);
    error = std::move(error).context(cat("host_path ", quote(volumes_[index].host_path.str())));
    if (missing) error = std::move(error).hint("create it on the host: slipway never does");
    if (denied) error = std::move(error).hint("the task's user must be able to reach it by itself");
    problem(index, std::move(error));
  }

  // Whether there is a target to think about further.
  bool check_target(std::size_t index) {
    if (const auto* inside = std::get_if<SandboxPath>(&targets_[index])) {
      if (!sandbox::is_private(*inside)) return true;
      problem(index, Error(cat(named_target(index), " is slipway's own place in the sandbox")));
      return false;
    }
    const auto* absolute = std::get_if<AbsolutePath>(&targets_[index]);
    if (auto legal = check_container_path(*absolute); !legal) {
      problem(index, std::move(legal).error());
      return false;
    }
    const auto& found = survey_.volumes[index].target;
    if (found && !*found) {
      problem(index, Error((*found).error()).context(named_target(index)));
      return false;
    }
    if (!sandbox_dir_ || !absolute->contains(*sandbox_dir_)) return true;
    problem(index,
            Error(cat(named_target(index), " would hide the sandbox ", quote(sandbox_dir_->str())))
                .hint("use a relative container_path (in the sandbox)"));
    return false;
  }

  bool check_single(std::size_t index) {
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
      if (targets_[earlier] != targets_[index]) continue;
      problem(index, Error(cat(named_target(index), " is the target of host_path ",
                               quote(volumes_[earlier].host_path.str()), " already")));
      return false;
    }
    return true;
  }

  void check_mount_point(std::size_t index) {
    if (const auto outer = covering_volume(targets_, index)) {
      check_inside(index, *outer);
    } else if (std::holds_alternative<AbsolutePath>(targets_[index])) {
      check_place(index);
    }
  }

  void check_kinds(std::size_t index, FileKind mount_point) {
    const auto& source = survey_.volumes[index].source;
    if (!source || is_directory(*source) == is_directory(mount_point)) return;
    problem(index, Error(cat("host_path ", quote(volumes_[index].host_path.str()), " is ",
                             name_of(*source), ", but ", named_target(index), " is ",
                             name_of(mount_point)))
                       .hint("a directory can only be mounted on a directory, a file on a file"));
  }

  void check_inside(std::size_t index, std::size_t outer) {
    const auto& inside = survey_.volumes[index].inside;
    // Nothing was looked up, or in vain: the outer volume has a problem of its own, or the survey
    // did not know the sandbox yet. Attaching fails in that case, and creates nothing.
    if (!inside || !survey_.volumes[outer].source) return;
    const std::string where =
        cat(named_target(index), " lies inside the volume ", quote(volumes_[outer].host_path.str()),
            " on ", quote(text_of(targets_[outer])));
    if (!*inside) {
      problem(index, Error(inside->error()).context(where));
    } else if (!**inside) {
      problem(index, Error(cat(where, ", which has no such place"))
                         .hint("create the mount point in that volume's host_path"));
    } else {
      check_kinds(index, ***inside);
    }
  }

  void check_place(std::size_t index) {
    const auto& target = survey_.volumes[index].target;
    if (!target || !*target) return;
    const TargetPlace& place = **target;
    if (place.kind) return check_kinds(index, *place.kind);
    if (place.missing.size() == place.canonical.components().size()) return check_root(index);
    const auto existing = place.canonical.components().size() - place.missing.size();
    std::string nearest;
    for (std::size_t at = 0; at < existing; ++at) nearest += '/' + place.canonical.components()[at];
    problem(index, Error(cat(named_target(index), " does not exist: there is no ",
                             quote(place.missing.front()), " in ", quote(nearest),
                             "; only names directly in '/' can be added to the task's view"))
                       .hint(kMakeIt));
  }

  // The target begins with a name that `/` has not: checks that `/` can be extended, and notes it.
  void check_root(std::size_t index) {
    const std::string doing =
        cat(named_target(index), " does not exist, and '/' cannot be extended");
    if (!survey_.root) return problem(index, Error("it was not looked at").context(doing));
    if (!*survey_.root) {
      return problem(index, Error(survey_.root->error()).context(doing).hint(kMakeIt));
    }
    const RootSurvey& root = **survey_.root;
    if (root.entries > kMostRootEntries) {
      return problem(index,
                     Error(cat("it has ", root.entries, " entries, more than ", kMostRootEntries))
                         .context(doing)
                         .hint(kMakeIt));
    }
    if (root.alterable) {
      return problem(index, Error("others than root can write to it").context(doing).hint(kMakeIt));
    }
    note_new_names(index);
  }

  void note_new_names(std::size_t index) {
    const auto& source = survey_.volumes[index].source;
    if (!source) return;
    const auto& target = std::get<AbsolutePath>(targets_[index]);
    for (auto above = target.parent(); !above.is_root(); above = above.parent()) {
      new_directories_.insert(above);
    }
    (is_directory(*source) ? new_directories_ : new_files_).insert(target);
  }

  [[nodiscard]] std::vector<std::size_t> parents_first() const {
    std::vector<std::size_t> order(volumes_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return depth_of(targets_[a]) < depth_of(targets_[b]);
    });
    return order;
  }

  void add_mount_point(std::size_t index, MountPlan& plan) const {
    const auto* inside = std::get_if<SandboxPath>(&targets_[index]);
    if (inside == nullptr || covering_volume(targets_, index)) return;
    plan.steps.emplace_back(MakeMountPoint{*inside, source_kind(index)});
  }

  std::span<const VolumeSpec> volumes_;
  const MountSurvey& survey_;
  const std::optional<AbsolutePath>& sandbox_dir_;
  std::vector<Target> targets_;
  std::vector<PlanProblem> problems_;
  std::set<AbsolutePath> new_directories_;  // a parent sorts before what is below it
  std::set<AbsolutePath> new_files_;
};

}  // namespace

Result<MountPlan, std::vector<PlanProblem>> plan_mounts(
    std::span<const VolumeSpec> volumes, const MountSurvey& survey,
    const std::optional<AbsolutePath>& sandbox_dir, Privilege privilege) {
  if (volumes.empty()) return MountPlan{};
  Planner planner(volumes, survey, sandbox_dir);
  planner.check();
  auto problems = planner.take_problems();
  if (!problems.empty()) return problems;
  return planner.steps(privilege);
}

}  // namespace slipway::mounts
