// The group "volumes" of `slipway doctor`: whether mounts can be had, tried for real, in each of
// the ways in which a launch gets them.
#pragma once

#include <string_view>
#include <vector>

#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"
#include "mounts/trial.h"

namespace slipway::launcher {

// Each changes the process that calls it for good. Nothing where the way is not this caller's.
std::vector<Finding> try_volumes_as_root(const Options& options);   // real root, for itself
std::vector<Finding> try_volumes_for_user(const Options& options);  // root on behalf of a user
// As an ordinary user: the caller; where that is root the user of --user, else uid 65534. Tells of
// overlay file systems too.
std::vector<Finding> try_volumes_as_user(const Options& options);

// What is left where the way that was tried is closed.
enum class Otherwise { kNothing, kRoot };
enum class Selinux { kOff, kEnforcing };

// What a trial means. Pure.
Finding judge_volumes(std::string_view subject, const Result<mounts::Tried>& tried,
                      Otherwise otherwise, Selinux selinux);
Finding judge_overlay(const mounts::Tried& tried);

}  // namespace slipway::launcher
