#include "mounts/mount_survey.h"

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;
using sandbox::User;

namespace {

Result<FileKind> look_at_source(const AbsolutePath& host_path) {
  const Fd source = TRY(sys::open_without_magic(AT_FDCWD, host_path.str(), O_PATH));
  return kind_of(TRY(sys::stat_fd(source.get())));
}

std::optional<Result<TargetPlace>> look_at_target(const Target& target, const User& user) {
  const auto* absolute = std::get_if<AbsolutePath>(&target);
  if (absolute == nullptr) return std::nullopt;
  return find_target(*absolute, user);
}

Result<std::optional<FileKind>> look_inside(const AbsolutePath& host_path,
                                            const SandboxPath& rest) {
  const Fd source = TRY(sys::open_without_magic(AT_FDCWD, host_path.str(), O_PATH));
  auto found = sys::open_beneath(source.get(), rest.str(), O_PATH);
  if (found) return std::optional(kind_of(TRY(sys::stat_fd(found->get()))));
  if (found.error().is(std::errc::no_such_file_or_directory)) return std::optional<FileKind>();
  return std::move(found).error();
}

Result<RootSurvey> look_at_root(const User& user) {
  const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
  const struct stat found = TRY(sys::stat_fd(root.get()));
  const bool alterable = could_alter(user, found, root.get());
  return RootSurvey{TRY(sys::list(root.get())).size(), alterable};
}

bool needs_new_root_entry(const VolumeSurvey& volume) {
  return volume.target && *volume.target && !volume.inside && !(*volume.target)->missing.empty() &&
         (*volume.target)->missing.size() == (*volume.target)->canonical.components().size();
}

void look_into_covering_volumes(std::span<const VolumeSpec> volumes,
                                const std::optional<AbsolutePath>& sandbox_dir,
                                MountSurvey& survey) {
  const auto targets = final_targets(volumes, survey, sandbox_dir);
  for (std::size_t index = 0; index < volumes.size(); ++index) {
    const auto outer = covering_volume(targets, index);
    if (!outer) continue;
    const auto rest = path_below(targets[*outer], targets[index]);
    survey.volumes[index].inside = look_inside(volumes[*outer].host_path, *rest);
  }
}

}  // namespace

MountSurvey survey_volumes(std::span<const VolumeSpec> volumes, const User& task_user,
                           const std::optional<AbsolutePath>& sandbox_dir) {
  MountSurvey survey;
  const auto rights = sandbox::AsUser::enter(task_user);
  for (const auto& volume : volumes) {
    if (!rights) {
      survey.volumes.push_back({rights.error(), std::nullopt, std::nullopt});
      continue;
    }
    const Target target = place_target(volume.container_path, sandbox_dir);
    survey.volumes.push_back(
        {look_at_source(volume.host_path), look_at_target(target, task_user), std::nullopt});
  }
  if (!rights) return survey;
  look_into_covering_volumes(volumes, sandbox_dir, survey);
  for (const auto& volume : survey.volumes) {
    if (needs_new_root_entry(volume) && !survey.root) survey.root = look_at_root(task_user);
  }
  return survey;
}

std::vector<Target> final_targets(std::span<const VolumeSpec> volumes, const MountSurvey& survey,
                                  const std::optional<AbsolutePath>& sandbox_dir) {
  std::vector<Target> targets;
  for (std::size_t index = 0; index < volumes.size(); ++index) {
    Target target = place_target(volumes[index].container_path, sandbox_dir);
    const auto& surveyed = survey.volumes[index].target;
    if (std::holds_alternative<AbsolutePath>(target) && surveyed && *surveyed) {
      target = place_target((*surveyed)->canonical, sandbox_dir);
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

std::optional<std::size_t> covering_volume(std::span<const Target> targets, std::size_t index) {
  std::optional<std::size_t> innermost;
  for (std::size_t other = 0; other < targets.size(); ++other) {
    if (!path_below(targets[other], targets[index])) continue;
    if (!innermost || depth_of(targets[other]) > depth_of(targets[*innermost])) innermost = other;
  }
  return innermost;
}

}  // namespace slipway::mounts
