// What planning must know of the host. Reads only, with the task's own rights, and stops at no
// error: every volume gets its answer.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mounts/mount_spec.h"
#include "mounts/target_walk.h"
#include "sandbox/user.h"

namespace slipway::mounts {

struct VolumeSurvey {
  Result<FileKind> source;                    // what host_path names
  std::optional<Result<TargetPlace>> target;  // nothing where container_path is in the sandbox
  // Where the target lies inside another volume's target: what stands at that place of the other
  // volume's source; an empty optional where nothing does.
  std::optional<Result<std::optional<FileKind>>> inside;
};

struct RootSurvey {
  std::size_t entries = 0;  // of `/`
  bool alterable = false;   // by the task's user
};

struct MountSurvey {
  std::vector<VolumeSurvey> volumes;       // one for each VolumeSpec, in their order
  std::optional<Result<RootSurvey>> root;  // only where some target's first component is missing
};

// `sandbox_dir`, canonical, where it is known: what lies in it is not looked up.
MountSurvey survey_volumes(std::span<const VolumeSpec> volumes, const sandbox::User& task_user,
                           const std::optional<sandbox::AbsolutePath>& sandbox_dir = std::nullopt);

// The target each volume gets, as far as it is known: canonical, and in the sandbox where it lies
// there. Pure.
std::vector<Target> final_targets(std::span<const VolumeSpec> volumes, const MountSurvey& survey,
                                  const std::optional<sandbox::AbsolutePath>& sandbox_dir);

// The volume that the target `index` lies properly inside of, the innermost where there are
// several. Pure.
std::optional<std::size_t> covering_volume(std::span<const Target> targets, std::size_t index);

}  // namespace slipway::mounts
