#include "launcher/doctor/doctor_volumes.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "launcher/doctor/doctor_child.h"
#include "launcher/doctor/doctor_host.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"

namespace slipway::launcher {

namespace {

constexpr char kAsRoot[] = "volumes-as-root";
constexpr char kForUser[] = "volumes-for-user";
constexpr char kAsUser[] = "volumes-as-user";
constexpr char kNewCalls[] =
    "Linux 5.12 or newer, or a seccomp profile that allows open_tree, mount_setattr, move_mount, "
    "fsopen, fsconfig and fsmount";

Selinux selinux_of_host() {
  const auto file = sys::open_at(AT_FDCWD, "/sys/fs/selinux/enforce", O_RDONLY);
  if (!file) return Selinux::kOff;
  const auto text = sys::read_to_end(file->get(), 64);
  return text && text->starts_with('1') ? Selinux::kEnforcing : Selinux::kOff;
}

void forget_environment() {
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    ::explicit_bzero(*each, ::strlen(*each));
  }
}

// Whom an ordinary user's launches are tried as.
sandbox::User ordinary_user(const People& people) {
  if (people.task_user.uid != 0) return people.task_user;
  constexpr uid_t kNobody = 65534;
  return {kNobody, kNobody, {kNobody}, "", "", ""};
}

// This process becomes readable to the user it becomes: what root's environment holds goes first,
// and all that root has open.
Result<void> become_ordinary(const sandbox::User& user) {
  const pid_t parent = ::getppid();
  forget_environment();
  TRY(let_go_of_the_parent());
  TRY(sandbox::become(user));
  TRY(sandbox::die_with(parent));  // which becoming somebody else has undone (prctl(2))
  TRY(sandbox::drop_capabilities());
  // Only a dumpable process may write its own id maps; execve(2) would have made it so.
  if (::prctl(PR_SET_DUMPABLE, 1) != 0) return Error::system(errno, "prctl PR_SET_DUMPABLE");
  return {};
}

std::string remedy_of(const Error& error, Selinux selinux) {
  std::string remedy = error.remedy();
  if (selinux == Selinux::kEnforcing && (error.number() == EPERM || error.number() == EACCES)) {
    remedy += cat(remedy.empty() ? "" : "; ", "SELinux is enforcing: 'ausearch -m AVC -ts recent' ",
                  "shows what it denied");
  }
  return remedy.empty() ? "run slipway as root, or outside of the container" : remedy;
}

std::string described(const mounts::Tried& tried, std::string_view subject) {
  const bool new_calls = tried.dialect == mounts::Dialect::kNew;
  const bool namespaces = subject != kAsRoot && !tried.without_user_namespace;
  return cat(namespaces ? "a user and a mount namespace" : "a mount namespace",
             ", a read-only mount in it by ",
             new_calls ? "open_tree, mount_setattr and move_mount" : "mount(2)");
}

}  // namespace

Finding judge_volumes(std::string_view subject, const Result<mounts::Tried>& tried,
                      Otherwise otherwise, Selinux selinux) {
  if (!tried) {
    std::string remedy = remedy_of(tried.error(), selinux);
    if (otherwise == Otherwise::kNothing) {
      return fail(subject, tried.error().message(), std::move(remedy));
    }
    return warn(subject,
                cat("for slipway as an ordinary user: ", tried.error().message(),
                    "; what root starts with -u is volumes-for-user"),
                std::move(remedy));
  }
  const std::string what = described(*tried, subject);
  if (tried->without_user_namespace) {
    const Error& why = *tried->without_user_namespace;
    return warn(subject, cat(what, "; no user namespace: ", why.message()),
                remedy_of(why, selinux));
  }
  if (tried->dialect == mounts::Dialect::kClassic) {
    return warn(subject, cat(what, ": the new mount interface is missing or denied here"),
                kNewCalls);
  }
  return ok(subject, what);
}

Finding judge_overlay(const mounts::Tried& tried) {
  constexpr char kSubject[] = "overlay";
  if (!tried.no_overlay) return ok(kSubject, "an overlay file system in a user namespace");
  const std::string& remedy = tried.no_overlay->remedy();
  return warn(
      kSubject,
      cat("no overlay file system in a user namespace: ", tried.no_overlay->message(),
          "; what is cached is copied"),
      remedy.empty() ? "Linux 5.12 or newer with overlay (as root: modprobe overlay)" : remedy);
}

std::vector<Finding> try_volumes_as_root(const Options& options) {
  const auto people = who_asks(options);
  if (!people || people->task_user.uid != 0) return {};
  return {judge_volumes(kAsRoot, mounts::try_volumes(mounts::Privilege::kRealRoot),
                        Otherwise::kNothing, selinux_of_host())};
}

std::vector<Finding> try_volumes_for_user(const Options& options) {
  const auto people = who_asks(options);
  const bool for_root_only = people && !options.user.empty() && people->task_user.uid == 0;
  if (!people || people->caller.uid != 0 || for_root_only) return {};
  return {judge_volumes(kForUser, mounts::try_volumes(mounts::Privilege::kRootForUser),
                        Otherwise::kNothing, selinux_of_host())};
}

std::vector<Finding> try_volumes_as_user(const Options& options) {
  const auto people = who_asks(options);
  if (!people) return {};
  const Selinux selinux = selinux_of_host();  // while this process may look
  const bool root = people->caller.uid == 0;
  if (root && !options.user.empty() && people->task_user.uid == 0) return {};
  if (root) {
    if (const auto became = become_ordinary(ordinary_user(*people)); !became) {
      return {warn(kAsUser, cat("not tried: ", became.error().message()),
                   "run slipway doctor as the task's user")};
    }
  }
  const auto tried = mounts::try_volumes(mounts::Privilege::kOrdinaryUser);
  std::vector<Finding> findings{
      judge_volumes(kAsUser, tried, root ? Otherwise::kRoot : Otherwise::kNothing, selinux)};
  if (tried) findings.push_back(judge_overlay(*tried));
  return findings;
}

}  // namespace slipway::launcher
