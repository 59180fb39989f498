// What planning must know of the host. Reads only, with the task's own rights, and stops at no
// error: every volume gets its answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mounts/mount_spec.h"
#include "mounts/target_walk.h"
#include "sandbox/user.h"

namespace slipway::mounts {

// A place inside a volume, read in that volume's source.
struct InnerPlace {
  std::vector<std::string> missing;  // the components at its end that do not exist
  std::optional<FileKind> kind;      // of what exists there; nothing where components are missing
};

// The nearest existing directory above a target that is missing: could it be extended?
struct DirectorySurvey {
  std::size_t entries = 0;  // counted up to kMostMirroredEntries + 1
  // On a read-only mount neither: whatever stands there, nothing can be made in it by that path.
  bool writable_for_all = false;   // by its mode
  bool writable_for_user = false;  // for a task's user who is not root
};

struct VolumeSurvey {
  Result<FileKind> source;                    // what host_path names
  std::optional<Result<TargetPlace>> target;  // nothing where container_path is in the sandbox
  // Only where the target lies inside another volume's target, or in a sandbox that exists: what is
  // there.
  std::optional<Result<InnerPlace>> inside;
  // Only where components of the target are missing that cannot be made in the sandbox.
  std::optional<Result<DirectorySurvey>> nearest;
  bool source_is_read_only = false;  // on the host already; looked at for RW volumes
  ObjectId source_id = {};
};

struct MountSurvey {
  std::vector<VolumeSurvey> volumes;  // one for each VolumeSpec, in their order
};

// `sandbox_dir`, canonical, where it is known: what lies in it is not looked up.
MountSurvey survey_volumes(std::span<const VolumeSpec> volumes, const sandbox::User& task_user,
                           const std::optional<sandbox::AbsolutePath>& sandbox_dir = std::nullopt);

// The target each volume gets, as far as it is known: canonical, and in the sandbox where it lies
// there. Pure.
std::vector<Target> final_targets(std::span<const VolumeSpec> volumes, const MountSurvey& survey,
                                  const std::optional<sandbox::AbsolutePath>& sandbox_dir);

}  // namespace slipway::mounts
