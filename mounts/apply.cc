#include "mounts/apply.h"

#include <map>

#include "mounts/extend_root.h"
#include "mounts/mount_calls.h"
#include "mounts/namespace.h"
#include "mounts/target_walk.h"
#include "mounts/verify.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mountinfo.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::AsUser;
using sandbox::SandboxPath;
using sandbox::User;

namespace {

Result<Fd> open_from_root(const AbsolutePath& path) {
  Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  if (path.is_root()) return root;
  return sys::open_beneath(root.get(), path.str().substr(1), O_PATH);
}

Result<Fd> open_or_make_directory(int dir, const std::string& name) {
  auto made = sys::make_directory(dir, name, 0755);
  if (!made && !made.error().is(std::errc::file_exists)) return std::move(made).error();
  return sys::open_beneath(dir, name, O_PATH | O_DIRECTORY);
}

Result<void> make_file_where_missing(int dir, const std::string& name) {
  auto made = sys::open_beneath(dir, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (!made && !made.error().is(std::errc::file_exists)) return std::move(made).error();
  return {};
}

// Fails early where the plan was made before the sandbox's place was known.
Result<void> check_that_sandbox_stays_visible(const MountPlan& plan, const AbsolutePath& sandbox) {
  for (const auto& step : plan.steps) {
    const auto* attach = std::get_if<AttachVolume>(&step);
    const auto* target = attach ? std::get_if<AbsolutePath>(&attach->target) : nullptr;
    if (target != nullptr && target->contains(sandbox)) {
      return Error(cat("container_path ", quote(target->str()), " would hide the sandbox ",
                       quote(sandbox.str())));
    }
  }
  return {};
}

class Performer {
 public:
  Performer(int sandbox_before, const AbsolutePath& sandbox_dir, const User& user)
      : sandbox_before_(sandbox_before), sandbox_dir_(sandbox_dir), user_(user) {}

  Result<void> operator()(const EnterNamespaces& step) {
    privilege_ = step.privilege;
    without_user_namespace_ = TRY(enter_namespaces(step.privilege)).without_user_namespace;
    return {};
  }

  Result<void> operator()(const IsolateMounts&) {
    const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    auto done = calls::set_attributes(
        root.get(), {.no_setuid = true, .propagation = calls::Propagation::kSlave},
        calls::Reach::kWholeTree);
    // AppArmor lets a process have the namespace and refuses what it is good for.
    const int number = done ? 0 : done.error().number();
    if (number == EPERM || number == EACCES) {
      return explain_refusal(std::move(done).error(), privilege_);
    }
    return done;
  }

  Result<void> operator()(const TakeVolume& step) {
    const Fd source = TRY(open_source(step.host_path));
    const FileKind kind = kind_of(TRY(sys::stat_fd(source.get())));
    if (kind != step.kind) {
      return Error(cat("it is ", name_of(kind), " now, and was ", name_of(step.kind), " before"));
    }
    Fd copy = TRY(calls::copy_tree(source.get()));
    const bool read_only = step.access == Access::kReadOnly;
    // Before it is attached: so there is no moment in which it can be written. Private: what the
    // host mounts below a slave later would appear inside, writable.
    TRY(calls::set_attributes(
        copy.get(),
        {.read_only = read_only,
         .no_setuid = true,
         .no_devices = kind != FileKind::kDevice,
         .propagation = read_only ? calls::Propagation::kPrivate : calls::Propagation::kSlave},
        calls::Reach::kWholeTree));
    taken_[step.volume] = std::move(copy);
    return {};
  }

  Result<void> operator()(const ExtendRoot& step) { return extend_root(step); }

  Result<void> operator()(const MakeMountPoint& step) {
    const int sandbox = TRY(sandbox_now());
    const AsUser rights = TRY(AsUser::enter(user_));
    Fd dir = TRY(sys::duplicate(sandbox));
    auto components = step.path.components();
    const std::string last = std::move(components.back());
    components.pop_back();
    for (const auto& name : components) dir = TRY(open_or_make_directory(dir.get(), name));
    if (!is_directory(step.kind)) return make_file_where_missing(dir.get(), last);
    TRY(open_or_make_directory(dir.get(), last));
    return {};
  }

  Result<void> operator()(const AttachVolume& step) {
    const Fd target = TRY(open_target(step.target));
    const FileKind kind = kind_of(TRY(sys::stat_fd(target.get())));
    if (is_directory(kind) != is_directory(step.kind)) {
      return Error(cat(name_of(step.kind), " cannot be mounted on ", name_of(kind)))
          .hint("choose a container_path that is of the same kind, or does not exist");
    }
    const Fd& mount = taken_.at(step.volume);
    TRY(calls::attach(mount.get(), target.get()));
    const std::uint64_t id = TRY(calls::mount_id(mount.get()));
    attached_.push_back({id, step.access, text_of(step.target)});
    return {};
  }

  Result<void> operator()(const VerifyMounts&) {
    return verify_volumes(TRY(sandbox::read_mountinfo()), attached_);
  }

  Result<Applied> finish() {
    TRY(sandbox_now());
    return Applied{std::move(sandbox_), std::move(without_user_namespace_)};
  }

 private:
  [[nodiscard]] Result<Fd> open_source(const AbsolutePath& host_path) const {
    const AsUser rights = TRY(AsUser::enter(user_));
    return sys::open_without_magic(AT_FDCWD, host_path.str(), O_PATH);
  }

  Result<Fd> open_target(const Target& target) {
    const int sandbox = TRY(sandbox_now());
    const AsUser rights = TRY(AsUser::enter(user_));
    if (const auto* inside = std::get_if<SandboxPath>(&target)) {
      return sys::open_beneath(sandbox, inside->str(), O_PATH);
    }
    return open_from_root(std::get<AbsolutePath>(target));
  }

  // The sandbox in the present mount tree. Opened at its first use, which comes after everything
  // that replaces the tree; borrowed.
  Result<int> sandbox_now() {
    if (!sandbox_) {
      Fd found = TRY(open_from_root(sandbox_dir_).context("finding the sandbox again"));
      const struct stat now = TRY(sys::stat_fd(found.get()));
      const struct stat before = TRY(sys::stat_fd(sandbox_before_));
      if (now.st_dev != before.st_dev || now.st_ino != before.st_ino) {
        return Error(cat("the sandbox ", quote(sandbox_dir_.str()), " was replaced meanwhile"));
      }
      sandbox_ = std::move(found);
    }
    return sandbox_.get();
  }

  int sandbox_before_;
  const AbsolutePath& sandbox_dir_;
  const User& user_;
  Privilege privilege_ = Privilege::kOrdinaryUser;
  std::optional<Error> without_user_namespace_;
  std::map<std::size_t, Fd> taken_;  // by volume
  std::vector<AttachedVolume> attached_;
  Fd sandbox_;
};

}  // namespace

Result<Applied> apply(const MountPlan& plan, int sandbox_fd, const AbsolutePath& sandbox_dir,
                      const User& task_user) {
  if (plan.steps.empty()) return Applied{TRY(sys::duplicate(sandbox_fd)), std::nullopt};
  TRY(check_that_sandbox_stays_visible(plan, sandbox_dir));
  Performer performer(sandbox_fd, sandbox_dir, task_user);
  for (const auto& step : plan.steps) TRY(std::visit(performer, step).context(describe(step)));
  return performer.finish();
}

}  // namespace slipway::mounts
