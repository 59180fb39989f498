#include "launcher/doctor/doctor_confinement.h"

#include <fcntl.h>

#include "launcher/doctor/doctor_host.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

constexpr char kLandlock[] = "landlock";

// Without what is behind the text; "" where it cannot be read.
std::string text_of_file(const char* path) {
  const auto file = sys::open_at(AT_FDCWD, path, O_RDONLY);
  auto text = file ? sys::read_to_end(file->get(), 65536) : Result<std::string>(file.error());
  if (!text) return {};
  while (!text->empty() && (text->back() == '\n' || text->back() == '\0')) text->pop_back();
  return *std::move(text);
}

}  // namespace

Finding judge_landlock(long version, LandlockIs needed) {
  if (version >= sandbox::kLeastLandlock) {
    return ok(kLandlock, cat("version ", version, ": the fetch stage is confined"));
  }
  const std::string there =
      version == 0 ? std::string("none: the kernel has none, or a container's filter denies it")
                   : cat("version ", version, " only, under which no file can be moved");
  if (needed == LandlockIs::kRequired) {
    return fail(kLandlock, cat(there, ", and require_landlock is set: nothing can be fetched"),
                "Linux 5.19 with landlock in lsm= of its command line; or unset require_landlock");
  }
  return warn(kLandlock, cat(there, ": the fetch stage runs without"),
              "Linux 5.19 with landlock in lsm= of its command line");
}

Finding judge_modules(const SecurityModules& modules) {
  constexpr char kSubject[] = "security-modules";
  std::string what = modules.list.empty() ? "the list of modules cannot be read" : modules.list;
  if (!modules.profile.empty()) what += cat("; this process is ", quote(modules.profile));
  // proc_pid_status(5): 2 is SECCOMP_MODE_FILTER.
  if (modules.status.find("\nSeccomp:\t2\n") != std::string::npos) {
    what += "; a seccomp filter is in force";
  }
  return ok(kSubject, std::move(what));
}

std::vector<Finding> examine_confinement(const Options& options) {
  const auto host = look_around(options);
  const bool required = host && host->settings.require_landlock;
  std::vector<Finding> findings;
  if (const auto version = sandbox::landlock_version()) {
    findings.push_back(
        judge_landlock(*version, required ? LandlockIs::kRequired : LandlockIs::kWanted));
  } else {
    findings.push_back(fail(kLandlock, version.error().message(), "look into the kernel's log"));
  }
  std::string profile = text_of_file("/proc/self/attr/apparmor/current");
  if (profile.empty()) profile = text_of_file("/proc/self/attr/current");
  findings.push_back(judge_modules({text_of_file("/sys/kernel/security/lsm"), std::move(profile),
                                    text_of_file("/proc/self/status") + "\n"}));
  return findings;
}

}  // namespace slipway::launcher
