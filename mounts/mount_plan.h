// From what was asked and what was seen to the ordered steps. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mounts/mount_spec.h"
#include "mounts/mount_step.h"
#include "mounts/mount_survey.h"

namespace slipway::mounts {

struct MountPlan {
  std::vector<MountStep> steps;  // none where there is nothing to mount: no namespace is needed
  std::vector<std::string> warnings = {};  // where a volume will not be all that it may look like

  bool operator==(const MountPlan&) const = default;
};

struct PlanProblem {
  std::size_t volume;  // its index in the entry
  Error error;
};

// Whether directories of the sandbox will be overlays upon cached trees.
enum class OverlayUse { kNo, kYes };

// `sandbox_dir`: canonical; nothing where the sandbox will be newly made. Every problem at once:
// sources that are not there, targets that are refused, that clash, or that would have to be made
// where only the host's owner may. Volumes come in the order of their depth: parents before
// children.
Result<MountPlan, std::vector<PlanProblem>> plan_mounts(
    std::span<const VolumeSpec> volumes, const MountSurvey& survey,
    const std::optional<sandbox::AbsolutePath>& sandbox_dir, Privilege privilege,
    OverlayUse overlays = OverlayUse::kNo);

}  // namespace slipway::mounts
