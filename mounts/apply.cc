#include "mounts/apply.h"

#include <map>
#include <memory>
#include <vector>

#include "mounts/extend_directory.h"
#include "mounts/mount_calls.h"
#include "mounts/namespace.h"
#include "mounts/refusal.h"
#include "mounts/take_overlays.h"
#include "mounts/target_walk.h"
#include "mounts/verify.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mountinfo.h"
#include "sandbox/private_dir.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::AsUser;
using sandbox::SandboxPath;
using sandbox::User;

namespace {

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

// What the numbers mean where mounts are made.
Error with_remedy(Error error, const MountStep& step) {
  switch (error.number()) {
    case ENOSPC:
      return std::move(error).hint(std::holds_alternative<MakeMountPoint>(step)
                                       ? "make room on the sandbox's file system (df -h, df -i)"
                                       : "the host's limit on mounts in a namespace is used up: "
                                         "raise fs.mount-max (sysctl)");
    case EMFILE:
      return std::move(error).hint(
          "too many volumes for the limit on open files: raise it (ulimit -n)");
    default:
      return error;
  }
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
  Performer(int sandbox_before, const AbsolutePath& sandbox_dir, const User& user,
            const OverlaySet* overlays)
      : sandbox_before_(sandbox_before),
        sandbox_dir_(sandbox_dir),
        user_(user),
        overlays_(overlays) {}

  Result<void> operator()(const EnterNamespaces& step) {
    privilege_ = step.privilege;
    without_user_namespace_ = TRY(enter_namespaces(step.privilege)).without_user_namespace;
    return {};
  }

  Result<void> operator()(const IsolateMounts&) {
    auto done = isolate();
    const int number = done ? 0 : done.error().number();
    // AppArmor lets a process have the namespace and refuses what it is good for.
    if (number == EPERM || number == EACCES) {
      return explain_refusal(std::move(done).error(), privilege_, Refusal::kOfMounts);
    }
    if (number == EINVAL) {
      return std::move(done).hint(
          "is this process in a chroot? Volumes need a root directory that is a mount point: "
          "mount it onto itself (mount --bind DIR DIR) before the chroot");
    }
    return done;
  }

  Result<void> operator()(const TakeVolume& step) {
    const Fd source = TRY(open_source(step.host_path));
    const struct stat found = TRY(sys::stat_fd(source.get()));
    const FileKind kind = kind_of(found);
    if (id_of(found) != step.id) {
      return Error(cat("it leads to another object (", name_of(kind),
                       ") now than when the launch was planned (", name_of(step.kind), ")"))
          .hint("something exchanged it, or a link on its way, meanwhile: launch again");
    }
    Fd copy = TRY(calls_->copy_tree(source.get()));
    const bool read_only = step.access == Access::kReadOnly;
    // Before it is attached: so there is no moment in which it can be written. Private: what the
    // host mounts below a slave later would appear inside, writable.
    TRY(calls_->set_attributes(
        copy.get(),
        {.read_only = read_only,
         .no_setuid = true,
         .no_devices = kind != FileKind::kDevice,
         .propagation = read_only ? Propagation::kPrivate : Propagation::kSlave},
        Reach::kWholeTree));
    taken_[step.volume] = std::move(copy);
    return {};
  }

  // Early, for a layer must lie on a mount of this namespace, not on a root that was left behind.
  Result<void> operator()(const TakeOverlays&) {
    if (overlays_ == nullptr || overlays_->overlays.empty()) return {};
    overlay_mounts_ =
        TRY(take_overlays(*overlays_, TRY(find_sandbox()).get(), {privilege_, user_}, *calls_));
    return {};
  }

  Result<void> operator()(const AttachOverlays&) {
    for (std::size_t i = 0; i < overlay_mounts_.size(); ++i) {
      const OverlaySpec& spec = overlays_->overlays[i];
      const Fd target = TRY(open_target(spec.target, O_PATH | O_DIRECTORY));
      TRY(calls_->attach(overlay_mounts_[i].get(), target.get()).context(quote(spec.target.str())));
    }
    return {};
  }

  Result<void> operator()(const ExtendDirectory& step) {
    const Fd directory = TRY(open_target(step.directory, O_RDONLY | O_DIRECTORY));
    return extend_directory(step, directory.get(), *calls_);
  }

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
    const Fd target = TRY(open_target(step.target, O_PATH));
    const FileKind kind = kind_of(TRY(sys::stat_fd(target.get())));
    if (is_directory(kind) != is_directory(step.kind)) {
      return Error(cat(name_of(step.kind), " cannot be mounted on ", name_of(kind)))
          .hint("choose a container_path that is of the same kind, or does not exist");
    }
    const Fd& mount = taken_.at(step.volume);
    TRY(calls_->attach(mount.get(), target.get()));
    const std::uint64_t id = TRY(sys::mount_id(mount.get()));
    attached_.push_back({id, step.access, step.kind, text_of(step.target)});
    return {};
  }

  Result<void> operator()(const VerifyMounts&) {
    constexpr int kTries = 10;  // a host may mount all the time
    TRY(calls_->finish());
    for (int i = 1;; ++i) {
      const auto table = TRY(sandbox::read_mountinfo());
      auto verified = verify_volumes(table, attached_);
      if (verified || i == kTries) return verified;
      const auto late = late_mounts(table, attached_);
      if (late.empty()) return verified;
      for (const sandbox::MountEntry* entry : late) settle(*entry);
    }
  }

  Result<Applied> finish() {
    TRY(sandbox_now());
    return Applied{std::move(sandbox_), std::move(without_user_namespace_)};
  }

 private:
  // With whatever this kernel has, for everything that follows.
  Result<void> isolate() {
    if (has_new_mount_calls()) {
      calls_ = new_mount_calls();
    } else {
      calls_ = TRY(classic_mount_calls(TRY(find_sandbox()).get(), sandbox::kPrivateDir));
    }
    const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    return calls_->set_attributes(
        root.get(), {.no_setuid = true, .propagation = Propagation::kSlave}, Reach::kWholeTree);
  }

  // Where it cannot, because the mount has gone or is out of reach, the next look at the table
  // tells.
  void settle(const sandbox::MountEntry& late) const {
    const auto place = sys::open_canonical(late.mount_point, O_PATH);
    const auto id = place ? sys::mount_id(place->get()) : Result<std::uint64_t>(place.error());
    if (!id || *id != static_cast<std::uint64_t>(late.id)) return;
    (void)calls_->set_attributes(place->get(), {.no_setuid = true, .no_devices = true},
                                 Reach::kThisMount);
  }

  [[nodiscard]] Result<Fd> open_source(const AbsolutePath& host_path) const {
    const AsUser rights = TRY(AsUser::enter(user_));
    return sys::open_without_magic(AT_FDCWD, host_path.str(), O_PATH);
  }

  Result<Fd> open_target(const Target& target, int flags) {
    const auto* inside = std::get_if<SandboxPath>(&target);
    const int sandbox = inside == nullptr ? -1 : TRY(sandbox_now());
    const AsUser rights = TRY(AsUser::enter(user_));
    if (inside != nullptr) return sys::open_beneath(sandbox, inside->str(), flags);
    return sys::open_canonical(std::get<AbsolutePath>(target).str(), flags);
  }

  // The sandbox in the mount tree as it will stay. Opened at its first use, which comes after
  // everything that covers a directory above it; borrowed.
  Result<int> sandbox_now() {
    if (!sandbox_) sandbox_ = TRY(find_sandbox());
    return sandbox_.get();
  }

  [[nodiscard]] Result<Fd> find_sandbox() const {
    const AsUser rights = TRY(AsUser::enter(user_));
    Fd found =
        TRY(sys::open_canonical(sandbox_dir_.str(), O_PATH).context("finding the sandbox again"));
    return expect_same(std::move(found), sandbox_before_,
                       cat("the sandbox ", quote(sandbox_dir_.str())));
  }

  int sandbox_before_;
  const AbsolutePath& sandbox_dir_;
  const User& user_;
  const OverlaySet* overlays_;
  Privilege privilege_ = Privilege::kOrdinaryUser;
  std::optional<Error> without_user_namespace_;
  std::unique_ptr<MountCalls> calls_;
  std::map<std::size_t, Fd> taken_;  // by volume
  std::vector<Fd> overlay_mounts_;   // one for each of overlays_
  std::vector<AttachedVolume> attached_;
  Fd sandbox_;
};

}  // namespace

Result<Applied> apply(const MountPlan& plan, int sandbox_fd, const AbsolutePath& sandbox_dir,
                      const User& task_user, const OverlaySet* overlays) {
  if (plan.steps.empty()) return Applied{TRY(sys::duplicate(sandbox_fd)), std::nullopt};
  TRY(check_that_sandbox_stays_visible(plan, sandbox_dir));
  Performer performer(sandbox_fd, sandbox_dir, task_user, overlays);
  for (const auto& step : plan.steps) {
    if (auto done = std::visit(performer, step); !done) {
      return with_remedy(std::move(done).error(), step).context(describe(step));
    }
  }
  return performer.finish();
}

}  // namespace slipway::mounts
