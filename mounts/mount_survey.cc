#include "mounts/mount_survey.h"

#include <cstddef>

#include "mounts/coverage.h"
#include "mounts/mount_step.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/closed_directory.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;
using sandbox::User;

namespace {

// Which directory is closed can only be seen with the user's rights, and so only now.
Error with_the_way(Error error, const AbsolutePath& path) {
  if (!error.is(std::errc::permission_denied)) return error;
  auto remedy = sandbox::open_the_way(path.str());
  return remedy.empty() ? error : std::move(error).hint(std::move(remedy));
}

VolumeSurvey look_at_source(const VolumeSpec& spec) {
  const auto source = sys::open_without_magic(AT_FDCWD, spec.host_path.str(), O_PATH);
  if (!source) return {with_the_way(source.error(), spec.host_path), {}, {}, {}};
  const auto found = sys::stat_fd(source->get());
  if (!found) return {found.error(), {}, {}, {}};
  VolumeSurvey seen{kind_of(*found), {}, {}, {}, false, id_of(*found)};
  if (spec.access == Access::kReadOnly) return seen;
  const auto read_only = sys::is_on_read_only_mount(source->get());
  seen.source_is_read_only = read_only && *read_only;
  return seen;
}

std::optional<Result<TargetPlace>> look_at_target(const Target& target, const User& user,
                                                  std::span<const AbsolutePath> covered = {}) {
  const auto* absolute = std::get_if<AbsolutePath>(&target);
  if (absolute == nullptr) return std::nullopt;
  return find_target(*absolute, user, covered);
}

// Goes down component by component for as long as there is something.
Result<InnerPlace> look_inside(int source, const SandboxPath& rest) {
  const auto components = rest.components();
  Fd here = TRY(sys::duplicate(source));
  for (std::size_t at = 0; at < components.size(); ++at) {
    auto found = sys::open_beneath(here.get(), components[at], O_PATH);
    if (!found && found.error().is(std::errc::no_such_file_or_directory)) {
      return InnerPlace{{components.begin() + std::ptrdiff_t(at), components.end()}, std::nullopt};
    }
    here = TRY(std::move(found));
  }
  const auto found = TRY(sys::stat_fd(here.get()));
  return InnerPlace{{}, kind_of(found)};
}

Result<DirectorySurvey> look_at_directory(const Fd& dir, const User& user) {
  const struct stat found = TRY(sys::stat_fd(dir.get()));
  const bool read_only = TRY(sys::is_on_read_only_mount(dir.get()));
  DirectorySurvey survey;
  survey.writable_for_all = !read_only && (found.st_mode & S_IWOTH) != 0;
  survey.writable_for_user = !read_only && user.uid != 0 && could_alter(user, found, dir.get());
  survey.entries = TRY(sys::list(dir.get(), kMostMirroredEntries + 1)).size();
  return survey;
}

Result<DirectorySurvey> look_at_nearest(const TargetPlace& place, const User& user) {
  AbsolutePath nearest = place.canonical;
  for (std::size_t up = 0; up < place.missing.size(); ++up) nearest = nearest.parent();
  return look_at_directory(TRY(sys::open_at(AT_FDCWD, nearest.str(), O_PATH | O_DIRECTORY)), user);
}

// The nearest existing directory above `rest` in a volume's source.
Result<DirectorySurvey> look_at_nearest(int source, const SandboxPath& rest,
                                        const InnerPlace& place, const User& user) {
  auto existing = rest.components();
  existing.resize(existing.size() - place.missing.size());
  const Fd dir =
      TRY(existing.empty() ? sys::duplicate(source)
                           : sys::open_beneath(source, join(existing, "/"), O_PATH | O_DIRECTORY));
  return look_at_directory(dir, user);
}

void look_into_volume(const AbsolutePath& host_path, const SandboxPath& rest, const User& user,
                      VolumeSurvey& volume) {
  const auto source = sys::open_without_magic(AT_FDCWD, host_path.str(), O_PATH);
  if (!source) {
    volume.inside = source.error();
    return;
  }
  auto place = look_inside(source->get(), rest);
  if (place && !place->kind) volume.nearest = look_at_nearest(source->get(), rest, *place, user);
  volume.inside = std::move(place);
}

void look_into_sandbox(int sandbox, const SandboxPath& path, VolumeSurvey& volume) {
  volume.inside = look_inside(sandbox, path);
}

// What is missing on the host, or in the volume that the target lies in; what is in the sandbox.
void look_at_surroundings(std::span<const VolumeSpec> volumes, const User& user,
                          const std::optional<AbsolutePath>& sandbox_dir, MountSurvey& survey) {
  const auto targets = final_targets(volumes, survey, sandbox_dir);
  Fd sandbox;
  if (sandbox_dir) {
    auto opened = sys::open_at(AT_FDCWD, sandbox_dir->str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (opened) sandbox = *std::move(opened);
  }
  const Coverage coverage(targets);
  for (std::size_t index = 0; index < volumes.size(); ++index) {
    VolumeSurvey& volume = survey.volumes[index];
    if (const auto outer = coverage.volume_above(targets[index])) {
      const auto rest = path_below(targets[*outer], targets[index]);
      look_into_volume(volumes[*outer].host_path, *rest, user, volume);
    } else if (const auto* inside = std::get_if<SandboxPath>(&targets[index])) {
      if (sandbox) look_into_sandbox(sandbox.get(), *inside, volume);
    } else if (volume.target && *volume.target && !(**volume.target).missing.empty()) {
      volume.nearest = look_at_nearest(**volume.target, user);
    }
  }
}

// Whether the walk to this target may have gone through a place where another volume will be.
bool may_be_covered(const Coverage& coverage, const Target& asked, const VolumeSurvey& volume) {
  if (!volume.target) return false;
  if (!*volume.target || Target((*volume.target)->canonical) != asked) return true;
  return coverage.volume_above(asked).has_value();
}

std::vector<AbsolutePath> others_of(std::span<const Target> targets, std::size_t index) {
  std::vector<AbsolutePath> others;
  for (std::size_t other = 0; other < targets.size(); ++other) {
    const auto* absolute = std::get_if<AbsolutePath>(&targets[other]);
    if (absolute != nullptr && other != index) others.push_back(*absolute);
  }
  return others;
}

// A target inside another volume is not where the host has it. Which volumes lie in which is known
// only when all have been found, so those that may are looked for again until nothing changes.
void find_covered_targets(std::span<const VolumeSpec> volumes, const User& user,
                          const std::optional<AbsolutePath>& sandbox_dir, MountSurvey& survey) {
  for (std::size_t round = 1; round < volumes.size(); ++round) {
    const auto targets = final_targets(volumes, survey, sandbox_dir);
    const Coverage coverage(targets);
    for (std::size_t index = 0; index < volumes.size(); ++index) {
      const Target asked = place_target(volumes[index].container_path, sandbox_dir);
      VolumeSurvey& volume = survey.volumes[index];
      if (!may_be_covered(coverage, asked, volume)) continue;
      volume.target = look_at_target(asked, user, others_of(targets, index));
    }
    if (final_targets(volumes, survey, sandbox_dir) == targets) return;
  }
}

}  // namespace

MountSurvey survey_volumes(std::span<const VolumeSpec> volumes, const User& task_user,
                           const std::optional<AbsolutePath>& sandbox_dir) {
  MountSurvey survey;
  if (volumes.empty()) return survey;
  const auto rights = sandbox::AsUser::enter(task_user);
  for (const auto& volume : volumes) {
    if (!rights) {
      survey.volumes.push_back({rights.error(), {}, {}, {}});
      continue;
    }
    survey.volumes.push_back(look_at_source(volume));
    survey.volumes.back().target =
        look_at_target(place_target(volume.container_path, sandbox_dir), task_user);
  }
  if (!rights) return survey;
  find_covered_targets(volumes, task_user, sandbox_dir, survey);
  look_at_surroundings(volumes, task_user, sandbox_dir, survey);
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

}  // namespace slipway::mounts
