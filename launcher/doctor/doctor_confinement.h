// The group "confinement" of `slipway doctor`: what confines the fetch stage, and what confines
// slipway.
#pragma once

#include <string>
#include <vector>

#include "launcher/doctor/finding.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

std::vector<Finding> examine_confinement(const Options& options);  // reads only

// Of a version of Landlock, 0 for none. Pure.
enum class LandlockIs { kWanted, kRequired };  // by the settings
Finding judge_landlock(long version, LandlockIs needed);

// What the kernel says of the security modules that are in force.
struct SecurityModules {
  std::string list;     // /sys/kernel/security/lsm: "capability,landlock,apparmor"; may be empty
  std::string profile;  // of this process, by AppArmor or SELinux; may be empty
  std::string status;   // /proc/self/status
};
Finding judge_modules(const SecurityModules& modules);

}  // namespace slipway::launcher
