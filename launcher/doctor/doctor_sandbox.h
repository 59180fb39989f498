// The group "sandbox" of `slipway doctor`: the directory that a launch would have, and its file
// system. Nothing is made.
#pragma once

#include <string_view>
#include <vector>

#include "launcher/doctor/doctor_host.h"
#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"
#include "launcher/plan/survey.h"
#include "sandbox/mountinfo.h"

namespace slipway::launcher {

// In a child process, which becomes the task's user.
std::vector<Finding> examine_sandbox(const Options& options);

// --sandbox; else the current directory where MESOS_SANDBOX names it; else /tmp, in which a launch
// makes one. The path need not be there.
Result<SandboxChoice> sandbox_in_question(const Options& options, const HostView& host);

// Whether programs of the sandbox can be executed. Pure.
Finding judge_execution(const sandbox::MountEntry& mount, SandboxState state);

}  // namespace slipway::launcher
