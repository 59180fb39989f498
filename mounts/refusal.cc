#include "mounts/refusal.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "sandbox/base/sys.h"
#include "sandbox/message_code.h"

namespace slipway::mounts {

namespace {

struct Obstacle {
  const char* file;   // below /proc/sys
  const char* value;  // that forbids
  enum class Concerns { kEverybody, kUserNamespaces, kOrdinaryUsers } concerns;
  const char* cause;
  const char* remedy;
};

constexpr const char* kAllowAppArmor =
    "load an AppArmor profile for slipway that allows userns (/usr/share/slipway/apparmor has "
    "one), or run slipway as root";

constexpr std::array<Obstacle, 4> kObstacles = {{
    {"user/max_user_namespaces", "0", Obstacle::Concerns::kUserNamespaces,
     "user.max_user_namespaces is 0 on this host",
     "as root: sysctl -w user.max_user_namespaces=15000"},
    {"user/max_mnt_namespaces", "0", Obstacle::Concerns::kEverybody,
     "user.max_mnt_namespaces is 0 on this host",
     "as root: sysctl -w user.max_mnt_namespaces=15000"},
    {"kernel/unprivileged_userns_clone", "0", Obstacle::Concerns::kOrdinaryUsers,
     "kernel.unprivileged_userns_clone is 0 on this host",
     "as root: sysctl -w kernel.unprivileged_userns_clone=1, or run slipway as root"},
    {"kernel/apparmor_restrict_unprivileged_userns", "1", Obstacle::Concerns::kOrdinaryUsers,
     "AppArmor restricts user namespaces on this host "
     "(kernel.apparmor_restrict_unprivileged_userns is 1)",
     kAllowAppArmor},
}};

bool stands_in_the_way(const Obstacle& obstacle, Privilege privilege, int settings) {
  using enum Obstacle::Concerns;
  if (privilege != Privilege::kOrdinaryUser && obstacle.concerns == kOrdinaryUsers) return false;
  if (privilege == Privilege::kRealRoot && obstacle.concerns == kUserNamespaces) return false;
  const auto file = sys::open_at(settings, obstacle.file, O_RDONLY);
  if (!file) return false;  // this kernel has no such setting
  const auto text = sys::read_to_end(file->get(), 64);
  return text && text->substr(0, text->find('\n')) == obstacle.value;
}

// proc_pid_status(5): 2 is SECCOMP_MODE_FILTER.
bool is_filtered(int own_status) {
  const auto text = sys::read_to_end(own_status, 65536);
  return text && text->find("\nSeccomp:\t2\n") != std::string::npos;
}

struct Verdict {
  const char* cause;
  const char* remedy;
};

Verdict judge(const Error& refused, Privilege privilege, Refusal what,
              const HostSettings& settings) {
  for (const auto& obstacle : kObstacles) {
    if (stands_in_the_way(obstacle, privilege, settings.sysctl)) {
      return {obstacle.cause, obstacle.remedy};
    }
  }
  if (refused.number() == ENOSPC || refused.number() == EUSERS) {
    return {"a limit on namespaces is used up",
            "raise user.max_user_namespaces and user.max_mnt_namespaces (sysctl), or nest less "
            "deeply"};
  }
  if (is_filtered(settings.own_status)) {
    return {
        "a seccomp filter is in force for this process (Seccomp: 2 in /proc/self/status), as "
        "container runtimes install one",
        "start the container with a seccomp profile that allows unshare and mount (docker: "
        "--security-opt seccomp=… or --cap-add SYS_ADMIN), or run slipway outside of it"};
  }
  if (refused.number() == ENOENT) {
    return {"a file of /proc is missing", "mount /proc: slipway needs it for volumes"};
  }
  const bool forbidden = refused.number() == EPERM || refused.number() == EACCES;
  if (what == Refusal::kOfMounts && privilege == Privilege::kOrdinaryUser && forbidden) {
    return {
        "the user namespace came into being without its capabilities, the symptom of "
        "AppArmor's restriction (kernel.apparmor_restrict_unprivileged_userns)",
        kAllowAppArmor};
  }
  if (privilege == Privilege::kRealRoot) {
    return {"root lacks CAP_SYS_ADMIN here, as in most containers",
            "give the container CAP_SYS_ADMIN, or run slipway outside of it"};
  }
  return {"a container's policy may forbid it, or the process is in a chroot",
          "run slipway outside of it, or as root with CAP_SYS_ADMIN"};
}

}  // namespace

Error explain_refusal(Error refused, Privilege privilege, Refusal what,
                      const HostSettings& settings) {
  const Verdict verdict = judge(refused, privilege, what, settings);
  return std::move(refused)
      .context(verdict.cause)
      .context("volumes need namespaces that this host refuses")
      .hint(verdict.remedy)
      .as(MessageCode::kNamespace);
}

Error explain_refusal(Error refused, Privilege privilege, Refusal what) {
  const auto sysctl = sys::open_at(AT_FDCWD, "/proc/sys", O_PATH | O_DIRECTORY);
  const auto status = sys::open_at(AT_FDCWD, "/proc/self/status", O_RDONLY);
  return explain_refusal(std::move(refused), privilege, what,
                         {sysctl ? sysctl->get() : -1, status ? status->get() : -1});
}

}  // namespace slipway::mounts
