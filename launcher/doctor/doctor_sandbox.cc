#include "launcher/doctor/doctor_sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fetcher/archive/extract_limits.h"
#include "launcher/doctor/doctor_place.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

constexpr char kSandbox[] = "sandbox";
constexpr char kElsewhere[] = "name a directory elsewhere: --sandbox";

std::string name_of(SandboxState state) {
  switch (state) {
    case SandboxState::kExisting:
      return "--sandbox";
    case SandboxState::kAgents:
      return "MESOS_SANDBOX";
    case SandboxState::kToMake:
      return "--sandbox, which the launch makes";
    case SandboxState::kTemporary:
      return "in which a launch without --sandbox makes one";
  }
  return "";
}

// Where the task's user may not write.
Result<bool> root_makes_it(const SandboxChoice& choice, const Place& found, const People& people) {
  const bool by_root =
      people.caller.uid == 0 && root_makes(choice, TRY(sys::stat_fd(found.directory.get())));
  return by_root && TRY(sys::may_access(found.directory.get(), ".", X_OK));
}

// A directory that holds something is somebody's: it is not to be given away.
Result<std::string> how_to_open(const SandboxChoice& choice, const Place& found,
                                const People& people) {
  if (choice.state == SandboxState::kTemporary) return std::string(kElsewhere);
  if (TRY(sys::stat_fd(found.directory.get())).st_uid == people.task_user.uid) {
    return cat("chmod u+rwx ", shell_quote(found.path));
  }
  if (found.state == Place::State::kToMake) {
    return std::string("make the directory beforehand, owned by the task's user");
  }
  const auto inside = sys::open_at(found.directory.get(), ".", O_RDONLY | O_DIRECTORY);
  if (!inside || !TRY(sys::list(inside->get(), 1)).empty()) return std::string(kElsewhere);
  return cat("as root: chown ", people.task_user.uid, ' ', shell_quote(found.path));
}

// As a launch does: only the last directory of a path is made.
Result<Finding> judge_place(const SandboxChoice& choice, const Place& found, const HostView& host) {
  const std::string what = cat(quote(choice.path.str()), " (", name_of(choice.state), ")");
  if (found.mount.has("ro")) {
    return Error(cat(what, ": ", quote(found.mount.mount_point), " is mounted read-only"));
  }
  if (!TRY(may_write(found)) && !TRY(root_makes_it(choice, found, host.people))) {
    return Error(cat(what, ": ", shown(host.people.task_user), " may not write to ",
                     quote(found.path)))
        .hint(TRY(how_to_open(choice, found, host.people)));
  }
  return ok(kSandbox, cat(what, ", ", found.mount.fs_type));
}

Finding measure_room(const Place& found, const fetcher::ExtractLimits& limits) {
  constexpr char kRoom[] = "sandbox-space";
  const auto space = sys::space_of(found.directory.get());
  if (!space) return warn(kRoom, space.error().message(), kElsewhere);
  const std::uint64_t reserve = fetcher::reserve_of(limits, space->size);
  return judge_room(kRoom, {space->available, reserve}, "extract");
}

Finding failure(const Error& error) {
  const std::string& remedy = error.remedy();
  return fail(kSandbox, error.message(), remedy.empty() ? kElsewhere : remedy);
}

}  // namespace

Result<SandboxChoice> sandbox_in_question(const Options& options, const HostView& host) {
  auto choice = TRY(choose_sandbox("", options, host.environment, host.people.task_user));
  if (choice.state == SandboxState::kTemporary) choice.path = choice.path.parent();
  return choice;
}

Finding judge_execution(const sandbox::MountEntry& mount, SandboxState state) {
  constexpr char kSubject[] = "sandbox-execution";
  if (!mount.has("noexec")) return ok(kSubject, "programs in it can be executed");
  const std::string what = cat(quote(mount.mount_point),
                               " is mounted noexec: programs that are fetched cannot be executed");
  // A launch that names its sandbox does not have this one.
  if (state == SandboxState::kTemporary) return warn(kSubject, what, kElsewhere);
  return fail(kSubject, what,
              cat("name a directory elsewhere, or as root: mount -o remount,exec ",
                  shell_quote(mount.mount_point)));
}

std::vector<Finding> examine_sandbox(const Options& options) {
  const auto host = look_around(options);
  if (!host) return {};
  const auto became = take_task_rights(host->people);
  const auto choice =
      became ? sandbox_in_question(options, *host) : Result<SandboxChoice>(became.error());
  if (!choice) return {failure(choice.error())};
  const auto found = find_place(choice->path);
  const auto judged = found ? judge_place(*choice, *found, *host) : Result<Finding>(found.error());
  if (!judged) return {failure(judged.error())};
  return {*judged, judge_execution(found->mount, choice->state),
          measure_room(*found, host->settings.extract)};
}

}  // namespace slipway::launcher
