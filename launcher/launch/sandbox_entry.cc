#include "launcher/launch/sandbox_entry.h"

#include <unistd.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

constexpr mode_t kSandboxMode = 0750;  // as a Mesos agent makes them (MESOS-8332)

bool refused(const Error& error) {
  return error.is(std::errc::permission_denied) || error.is(std::errc::operation_not_permitted);
}

// A canonical path has no links, so a link in it was put there since.
Result<Fd> open_canonical(const sandbox::AbsolutePath& path, int flags) {
  auto opened = sys::open_canonical(path.str(), flags | O_DIRECTORY);
  if (opened || !refused(opened.error())) return opened;
  return Error::system(opened.error().number(), cat("open ", quote(path.str())))
      .hint(
          "the task's user must be able to enter and read it: look at the directories above it "
          "too");
}

// The directory in which the sandbox is made. Its path was canonical when the survey looked, so a
// link in it now is an error.
Result<Fd> open_parent(const SandboxChoice& choice) {
  const sandbox::AbsolutePath parent = choice.path.parent();
  if (parent.is_root()) return sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
  return open_canonical(parent, O_PATH);  // to make something in it, nobody needs to read it
}

Result<Fd> make_in(const Fd& parent, const std::string& name) {
  TRY(sys::make_directory(parent.get(), name, 0700));
  Fd made = TRY(sys::open_beneath(parent.get(), name, O_RDONLY | O_DIRECTORY));
  TRY(sys::change_mode(made.get(), kSandboxMode));  // past the umask
  return made;
}

Result<void> make_as_user(const SandboxChoice& choice, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  TRY(make_in(TRY(open_parent(choice)), choice.path.name()));
  return {};
}

// Where the user may not write, root makes the directory for them: in one that nobody but root can
// alter, so that what was made is what is given away, and that the user did not choose.
Result<void> make_as_root(const SandboxChoice& choice, const sandbox::User& user) {
  const Fd parent = TRY(open_parent(choice));
  if (!root_makes(choice, TRY(sys::stat_fd(parent.get())))) {
    return Error(cat("the task's user may not write to ", quote(choice.path.parent().str()),
                     choice.is_users_choice ? ", and has led slipway there by a link"
                                            : ", and others than root may"))
        .hint("make the directory beforehand, owned by the task's user");
  }
  const Fd made = TRY(make_in(parent, choice.path.name()));
  return sys::change_owner(made.get(), user.uid, user.gid);
}

Result<void> make(const SandboxChoice& choice, const sandbox::User& user) {
  auto made = make_as_user(choice, user);
  if (!made && refused(made.error()) && ::geteuid() == 0) made = make_as_root(choice, user);
  return made;
}

bool is_made_here(const SandboxChoice& choice) {
  return choice.state == SandboxState::kToMake || choice.state == SandboxState::kTemporary;
}

Result<OpenSandbox> open_as_user(const SandboxChoice& choice, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  OpenSandbox opened;
  opened.directory = TRY(open_canonical(choice.path, O_RDONLY));
  opened.private_dir = TRY(sandbox::make_private_dir(opened.directory.get(), user.uid));
  return opened;
}

Result<void> remove_as_user(const SandboxChoice& choice, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  return sys::unlink(TRY(open_parent(choice)).get(), choice.path.name(), AT_REMOVEDIR);
}

Result<void> remove_as_root(const SandboxChoice& choice) {
  const Fd parent = TRY(open_parent(choice));
  if (!root_makes(choice, TRY(sys::stat_fd(parent.get())))) return {};
  return sys::unlink(parent.get(), choice.path.name(), AT_REMOVEDIR);
}

// What nobody can use and holds nothing, by the rights that have made it. The error that made it
// useless is the one to tell.
void remove_made(const SandboxChoice& choice, const sandbox::User& user) {
  if (!remove_as_user(choice, user) && ::geteuid() == 0) (void)remove_as_root(choice);
}

}  // namespace

Result<OpenSandbox> open_sandbox(const SandboxChoice& choice, const sandbox::User& user) {
  if (is_made_here(choice)) {
    TRY(make(choice, user).context(cat("making the sandbox ", quote(choice.path.str()))));
  }
  auto opened = open_as_user(choice, user).context(cat("the sandbox ", quote(choice.path.str())));
  if (!opened && is_made_here(choice)) remove_made(choice, user);
  return opened;
}

}  // namespace slipway::launcher
