#include "mounts/trial.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "mounts/mount_calls.h"
#include "mounts/namespace.h"
#include "mounts/refusal.h"
#include "mounts/verify.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mountinfo.h"

namespace slipway::mounts {

namespace {

constexpr char kPlace[] = "/tmp";  // what lies there is hidden in the trial's namespace only
constexpr mode_t kMode = 0755;

Result<void> call_mount(const char* source, const char* target, const char* type,
                        unsigned long flags, const std::string& data) {
  if (::mount(source, target, type, flags, data.empty() ? nullptr : data.c_str()) == 0) return {};
  const int number = errno;
  return Error::system(number, cat("mount ", type));
}

Result<Fd> open_place() {
  return sys::open_at(AT_FDCWD, kPlace, O_RDONLY | O_DIRECTORY);
}

// The calls, and the root of a file system in memory on kPlace.
struct Scratch {
  std::unique_ptr<MountCalls> calls;
  Fd memory;
};

Result<void> isolate(MountCalls& calls) {
  const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  return calls.set_attributes(root.get(), {.no_setuid = true, .propagation = Propagation::kSlave},
                              Reach::kWholeTree);
}

Result<Scratch> make_scratch_by_new_calls() {
  Scratch scratch{new_mount_calls(), {}};
  TRY(isolate(*scratch.calls));
  const Fd memory = TRY(scratch.calls->make_memory_directory());
  TRY(scratch.calls->attach(memory.get(), TRY(open_place()).get()));
  scratch.memory = TRY(open_place());
  return scratch;
}

Result<Scratch> make_scratch_by_classic_calls() {
  // Before the first mount: where the host shares its mounts, it would appear there too.
  // The kernel does not look at the type of what is no new filesystem.
  TRY(call_mount(nullptr, "/", "propagation", MS_REC | MS_SLAVE, ""));
  TRY(call_mount("tmpfs", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"));
  Scratch scratch;
  scratch.memory = TRY(open_place());
  TRY(sys::make_directory(scratch.memory.get(), "copies", kMode));
  scratch.calls = TRY(classic_mount_calls(scratch.memory.get(), "copies"));
  TRY(isolate(*scratch.calls));
  return scratch;
}

// The same explanations as a launch gives (apply.cc).
Error explained(Error error, Privilege privilege) {
  const int number = error.number();
  if (number == EPERM || number == EACCES) {
    return explain_refusal(std::move(error), privilege, Refusal::kOfMounts);
  }
  if (number == EINVAL) {
    return std::move(error).hint(
        "is this process in a chroot? Volumes need a root directory that is a mount point");
  }
  return error;
}

Result<void> expect_read_only(int memory) {
  const auto made = sys::open_beneath(memory, "target/file", O_CREAT | O_WRONLY, 0600);
  if (!made && made.error().is(std::errc::read_only_file_system)) return {};
  if (made) return Error("a mount that was made read-only could be written");
  return Error(made.error()).context("a mount that was made read-only");
}

Result<void> try_read_only_mount(Scratch& scratch) {
  const int memory = scratch.memory.get();
  for (const char* name : {"source", "target"}) TRY(sys::make_directory(memory, name, kMode));
  const Fd source = TRY(sys::open_beneath(memory, "source", O_PATH | O_DIRECTORY));
  const Fd target = TRY(sys::open_beneath(memory, "target", O_PATH | O_DIRECTORY));
  const Fd copy = TRY(scratch.calls->copy_tree(source.get()));
  TRY(scratch.calls->set_attributes(copy.get(),
                                    {.read_only = true,
                                     .no_setuid = true,
                                     .no_devices = true,
                                     .propagation = Propagation::kPrivate},
                                    Reach::kWholeTree));
  TRY(scratch.calls->attach(copy.get(), target.get()));
  const std::uint64_t id = TRY(sys::mount_id(copy.get()));
  TRY(scratch.calls->finish());
  const std::vector<AttachedVolume> volumes{
      {id, Access::kReadOnly, FileKind::kDirectory, "the trial's"}};
  TRY(verify_volumes(TRY(sandbox::read_mountinfo()), volumes));
  return expect_read_only(memory);
}

Result<void> try_overlay(const Scratch& scratch, Privilege privilege) {
  TRY(scratch.calls->check_overlays());
  for (const char* name : {"lower", "upper", "work", "merged"}) {
    TRY(sys::make_directory(scratch.memory.get(), name, kMode));
  }
  // Without privilege on the host only user.* attributes can be written (Linux 5.11).
  const char* attributes = privilege == Privilege::kRealRoot ? "" : ",userxattr";
  TRY(call_mount("overlay", cat(kPlace, "/merged").c_str(), "overlay", MS_NOSUID | MS_NODEV,
                 cat("lowerdir=", kPlace, "/lower,upperdir=", kPlace, "/upper,workdir=", kPlace,
                     "/work", attributes)));
  TRY(sys::open_at(AT_FDCWD, cat(kPlace, "/merged/file"), O_CREAT | O_WRONLY, 0600));
  return {};
}

}  // namespace

Result<Tried> try_volumes(Privilege privilege) {
  Tried tried;
  tried.without_user_namespace = TRY(enter_namespaces(privilege)).without_user_namespace;
  tried.dialect = has_new_mount_calls() ? Dialect::kNew : Dialect::kClassic;
  auto scratch = tried.dialect == Dialect::kNew ? make_scratch_by_new_calls()
                                                : make_scratch_by_classic_calls();
  if (!scratch) return explained(std::move(scratch).error(), privilege);
  if (auto mounted = try_read_only_mount(*scratch); !mounted) {
    return explained(std::move(mounted).error(), privilege).context("trying a read-only volume");
  }
  if (auto overlay = try_overlay(*scratch, privilege); !overlay) {
    tried.no_overlay = std::move(overlay).error();
  }
  return tried;
}

}  // namespace slipway::mounts
