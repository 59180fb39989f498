// What planning must know of overlays. Reads only; what is tried is tried in a child process, in
// memory.
#pragma once

#include "launcher/plan/survey.h"

namespace slipway::launcher {

// Sets survey.no_overlay. Only where the settings or the options ask for overlays, and there is an
// archive that could be one. It is tried only where something else would be done instead, or where
// the plan is only shown: a launch that must have an overlay tries it by doing it.
void survey_overlay(const Entry& entry, const Options& options, Survey& survey);

// Whether some directories of an earlier sandbox are overlays. Errors: it cannot be told, and
// without them the task would see a part of its files.
Result<bool> sandbox_has_overlays(const sandbox::AbsolutePath& sandbox, const sandbox::User& owner);

}  // namespace slipway::launcher
