#include "mounts/mount_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "mounts/coverage.h"
#include "sandbox/base/text.h"
#include "sandbox/message_code.h"
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
        targets_(final_targets(volumes, survey, sandbox_dir)),
        coverage_(targets_) {}

  void check() {
    for (std::size_t index = 0; index < volumes_.size(); ++index) {
      check_source(index);
      if (check_target(index) && check_single(index)) check_mount_point(index);
    }
  }

  std::vector<PlanProblem> take_problems() { return std::move(problems_); }

  MountPlan steps(Privilege privilege, OverlayUse overlays) {
    MountPlan plan;
    plan.steps.emplace_back(EnterNamespaces{privilege});
    plan.steps.emplace_back(IsolateMounts{});
    for (const auto index : parents_first()) {
      const auto& spec = volumes_[index];
      plan.steps.emplace_back(TakeVolume{index, spec.host_path, source_kind(index), spec.access,
                                         survey_.volumes[index].source_id});
    }
    if (overlays == OverlayUse::kYes) plan.steps.emplace_back(TakeOverlays{});
    // The sandbox last: its directory is looked up anew where an extension covers one above it.
    add_places<AbsolutePath>(plan);
    if (overlays == OverlayUse::kYes) plan.steps.emplace_back(AttachOverlays{});
    for (const auto index : parents_first()) add_mount_point(index, plan);
    add_places<SandboxPath>(plan);
    plan.steps.emplace_back(VerifyMounts{});
    for (std::size_t index = 0; index < volumes_.size(); ++index) warn_about(index, plan);
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
    const AbsolutePath& host_path = volumes_[index].host_path;
    if (sandbox_dir_ && sandbox_dir_->child(sandbox::kPrivateDir).contains(host_path)) {
      return problem(index, Error(cat("host_path ", quote(host_path.str()),
                                      " is slipway's own place in the sandbox"))
                                .as(MessageCode::kVolumePath));
    }
    if (source) return;
    Error error = source.error();
    const bool missing = error.is(std::errc::no_such_file_or_directory);
    const bool denied = error.is(std::errc::permission_denied);
    error = std::move(error).context(cat("host_path ", quote(volumes_[index].host_path.str())));
    if (missing) error = std::move(error).hint("create it on the host: slipway never does");
    if (denied) error = std::move(error).hint("the task's user must be able to reach it by itself");
    if (error.is(std::errc::too_many_symbolic_link_levels)) {
      error = std::move(error).hint(
          "a ring of links, or one of the links in /proc that lead to no path: name the directory");
    }
    problem(index, std::move(error).as(MessageCode::kMountSource));
  }

  void warn_about(std::size_t index, MountPlan& plan) const {
    const auto& spec = volumes_[index];
    const std::string source = cat("host_path ", quote(spec.host_path.str()));
    if (spec.access == Access::kReadWrite && survey_.volumes[index].source_is_read_only) {
      plan.warnings.push_back(cat(source, " is on a read-only mount of the host: the volume on ",
                                  quote(text_of(targets_[index])), " is read-only, not RW"));
    }
    const FileKind kind = source_kind(index);
    if (spec.access == Access::kReadOnly && kind != FileKind::kDirectory &&
        kind != FileKind::kFile) {
      plan.warnings.push_back(
          cat(source, " is ", name_of(kind),
              ": RO keeps its name as it is; the task can still write to ",
              kind == FileKind::kDevice ? "the device" : "whoever listens there"));
    }
  }

  // Whether there is a target to think about further.
  bool check_target(std::size_t index) {
    if (const auto* inside = std::get_if<SandboxPath>(&targets_[index])) {
      if (!sandbox::is_private(*inside)) return true;
      problem(index, Error(cat(named_target(index), " is slipway's own place in the sandbox"))
                         .as(MessageCode::kVolumePath));
      return false;
    }
    const auto* absolute = std::get_if<AbsolutePath>(&targets_[index]);
    if (auto legal = check_container_path(*absolute); !legal) {
      problem(index, std::move(legal).error().as(MessageCode::kVolumePath));
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
                .hint("use a relative container_path (in the sandbox)")
                .as(MessageCode::kVolumePath));
    return false;
  }

  bool check_single(std::size_t index) {
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
      if (targets_[earlier] != targets_[index]) continue;
      problem(index, Error(cat(named_target(index), " is the target of host_path ",
                               quote(volumes_[earlier].host_path.str()), " already"))
                         .hint("give each volume a container_path of its own"));
      return false;
    }
    return true;
  }

  void check_mount_point(std::size_t index) {
    if (const auto outer = coverage_.volume_above(targets_[index])) {
      check_inside(index, *outer);
    } else if (std::holds_alternative<AbsolutePath>(targets_[index])) {
      check_place(index);
    } else {
      check_in_sandbox(index);
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
    } else if ((*inside)->kind) {
      check_kinds(index, *(*inside)->kind);
    } else {
      check_extension(index, (*inside)->missing.size(), volumes_[outer].access);
    }
  }

  // A sandbox that exists may have something else there already.
  void check_in_sandbox(std::size_t index) {
    const auto& inside = survey_.volumes[index].inside;
    if (!inside) return;
    if (!*inside) {
      problem(index, Error(inside->error())
                         .context(cat(named_target(index), " in the sandbox"))
                         .hint("remove what is there, or take an empty sandbox"));
    } else if ((*inside)->kind) {
      check_kinds(index, *(*inside)->kind);
    }
  }

  void check_place(std::size_t index) {
    const auto& target = survey_.volumes[index].target;
    if (!target || !*target) return;
    const TargetPlace& place = **target;
    if (place.kind) return check_kinds(index, *place.kind);
    check_extension(index, place.missing.size(), Access::kReadWrite);
  }

  // The last `missing` components of the target do not exist: checks that the directory above them
  // can be extended, and notes it. `access`: how the task sees that directory.
  void check_extension(std::size_t index, std::size_t missing, Access access) {
    const Target nearest = ancestor_of(targets_[index], missing);
    const auto& survey = survey_.volumes[index].nearest;
    if (const auto obstacle = why_not_extended(survey, access)) {
      return problem(index, Error(*obstacle)
                                .context(cat(named_target(index), " does not exist, and ",
                                             quote(text_of(nearest)), " cannot be extended"))
                                .hint(kMakeIt));
    }
    const auto& source = survey_.volumes[index].source;
    if (!source) return;
    Extension& extension = extensions_[nearest];
    extension.entries = (*survey)->entries;
    for (std::size_t up = 1; up < missing; ++up) {
      extension.directories.insert(*path_below(nearest, ancestor_of(targets_[index], up)));
    }
    (is_directory(*source) ? extension.directories : extension.files)
        .insert(*path_below(nearest, targets_[index]));
  }

  static std::optional<Error> why_not_extended(const std::optional<Result<DirectorySurvey>>& survey,
                                               Access access) {
    if (!survey) return Error("it was not looked at");
    if (!*survey) return survey->error();
    const DirectorySurvey& found = **survey;
    if (found.entries > kMostMirroredEntries) {
      return Error(cat("it has more than ", kMostMirroredEntries,
                       " entries, and each would cost a mount at every launch"));
    }
    // What the task made there would vanish; a read-only volume lets it make nothing anyway.
    if (access == Access::kReadOnly) return std::nullopt;
    if (found.writable_for_all) return Error("everybody may write to it");
    if (found.writable_for_user) return Error("the task's user may write to it");
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::size_t> parents_first() const {
    std::vector<std::size_t> order(volumes_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<std::size_t> depths;
    for (const auto& target : targets_) depths.push_back(depth_of(target));
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return depths[a] < depths[b]; });
    return order;
  }

  void add_mount_point(std::size_t index, MountPlan& plan) const {
    const auto* inside = std::get_if<SandboxPath>(&targets_[index]);
    if (inside == nullptr || coverage_.volume_above(targets_[index])) return;
    plan.steps.emplace_back(MakeMountPoint{*inside, source_kind(index)});
  }

  // Attaches and extends what lies there, from the top down: a directory is extended after the
  // volume that it is the root of is attached, and before anything is attached below it.
  template <class Where>
  void add_places(MountPlan& plan) const {
    std::vector<std::pair<std::size_t, MountStep>> places;  // by depth
    for (const auto index : parents_first()) {
      if (!std::holds_alternative<Where>(targets_[index])) continue;
      const auto& spec = volumes_[index];
      places.emplace_back(
          depth_of(targets_[index]),
          AttachVolume{index, spec.host_path, targets_[index], source_kind(index), spec.access});
    }
    for (const auto& [directory, extension] : extensions_) {
      if (!std::holds_alternative<Where>(directory)) continue;
      places.emplace_back(
          depth_of(directory),
          ExtendDirectory{directory,
                          extension.entries,
                          {extension.directories.begin(), extension.directories.end()},
                          {extension.files.begin(), extension.files.end()}});
    }
    std::stable_sort(places.begin(), places.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& place : places) plan.steps.push_back(std::move(place.second));
  }

  struct Extension {
    std::size_t entries = 0;
    std::set<SandboxPath> directories;  // a parent sorts before what is below it
    std::set<SandboxPath> files;
  };

  std::span<const VolumeSpec> volumes_;
  const MountSurvey& survey_;
  const std::optional<AbsolutePath>& sandbox_dir_;
  std::vector<Target> targets_;
  Coverage coverage_;
  std::vector<PlanProblem> problems_;
  std::map<Target, Extension> extensions_;
};

}  // namespace

Result<MountPlan, std::vector<PlanProblem>> plan_mounts(
    std::span<const VolumeSpec> volumes, const MountSurvey& survey,
    const std::optional<AbsolutePath>& sandbox_dir, Privilege privilege, OverlayUse overlays) {
  if (volumes.empty() && overlays == OverlayUse::kNo) return MountPlan{};
  Planner planner(volumes, survey, sandbox_dir);
  planner.check();
  auto problems = planner.take_problems();
  if (!problems.empty()) return problems;
  return planner.steps(privilege, overlays);
}

}  // namespace slipway::mounts
