#include "mounts/mount_calls.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

namespace {

constexpr int kDetach = 2;  // MNT_DETACH; <sys/mount.h> collides with <linux/mount.h> in glibc 2.36
constexpr unsigned kCopy = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
constexpr unsigned kMove = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

Error failed(std::string_view call) {
  const int number = errno;
  return Error::system(number, std::string(call));
}

Result<Fd> open_tree(int dir, const char* path, int how) {
  const long fd = ::syscall(SYS_open_tree, dir, path, kCopy | unsigned(how));
  if (fd < 0) return failed("open_tree");
  return Fd(static_cast<int>(fd));
}

// With what the kernel has to say besides (the messages of a file system's context).
Error refused(int context, std::string_view call) {
  const int number = errno;
  char said[256];
  const ssize_t count = ::read(context, said, sizeof said);
  std::string_view text(said, count > 0 ? static_cast<std::size_t>(count) : 0);
  if (text.size() > 2) text.remove_prefix(2);  // its level: "e "
  while (text.ends_with('\n')) text.remove_suffix(1);
  return Error::system(number, text.empty() ? std::string(call) : cat(call, " (", text, ")"));
}

Result<void> configure(int context, const char* key, const std::string& value) {
  if (::syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0) return {};
  return refused(context, cat("fsconfig overlay ", key));
}

class NewMountCalls final : public MountCalls {
 public:
  Result<Fd> copy_tree(int object) override { return open_tree(object, "", AT_EMPTY_PATH); }

  Result<Fd> copy_tree_at(int dir, const std::string& name) override {
    return open_tree(dir, name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
  }

  Result<void> set_attributes(int mount, const Attributes& attributes, Reach reach) override {
    mount_attr change{};
    if (attributes.read_only) change.attr_set |= MOUNT_ATTR_RDONLY;
    if (attributes.no_setuid) change.attr_set |= MOUNT_ATTR_NOSUID;
    if (attributes.no_devices) change.attr_set |= MOUNT_ATTR_NODEV;
    if (attributes.propagation == Propagation::kPrivate) change.propagation = MS_PRIVATE;
    if (attributes.propagation == Propagation::kSlave) change.propagation = MS_SLAVE;
    const unsigned flags = AT_EMPTY_PATH | (reach == Reach::kWholeTree ? AT_RECURSIVE : 0U);
    if (::syscall(SYS_mount_setattr, mount, "", flags, &change, sizeof change) != 0) {
      return failed("mount_setattr");
    }
    return {};
  }

  Result<void> attach(int mount, int target) override {
    if (::syscall(SYS_move_mount, mount, "", target, "", kMove) != 0) return failed("move_mount");
    return {};
  }

  Result<Fd> make_memory_directory() override {
    const long opened = ::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (opened < 0) return failed("fsopen tmpfs");
    const Fd context(static_cast<int>(opened));
    if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "mode", "0755", 0) != 0 ||
        ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
      return failed("fsconfig tmpfs");
    }
    const long mount = ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC,
                                 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (mount < 0) return failed("fsmount tmpfs");
    return Fd(static_cast<int>(mount));
  }

  [[nodiscard]] Result<void> check_overlays() const override { return {}; }

  Result<Fd> make_overlay(const OverlayLayers& layers, const std::string& source) override {
    const long opened = ::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
    if (opened < 0) return failed("fsopen overlay");
    const Fd context(static_cast<int>(opened));
    std::string lower;
    for (const int layer : layers.lower)
      lower += cat(lower.empty() ? "" : ":", sys::path_of(layer));
    TRY(configure(context.get(), "source", source));
    TRY(configure(context.get(), "lowerdir", lower));
    TRY(configure(context.get(), "upperdir", sys::path_of(layers.upper)));
    TRY(configure(context.get(), "workdir", sys::path_of(layers.work)));
    if (layers.attributes == OverlayLayers::Attributes::kUser &&
        ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) != 0) {
      return refused(context.get(), "fsconfig overlay userxattr");
    }
    if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
      return refused(context.get(), "fsconfig overlay");
    }
    const unsigned flags =
        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (layers.no_exec ? MOUNT_ATTR_NOEXEC : 0U);
    const long mount = ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, flags);
    if (mount < 0) return refused(context.get(), "fsmount overlay");
    return Fd(static_cast<int>(mount));
  }

  Result<void> replace_root(int root) override {
    TRY(pivot_to(root));
    return detach_old_root();
  }

  Result<void> finish() override { return {}; }
};

// ENOSYS: the kernel has no such call. EPERM: a seccomp filter that does not know it (this process
// has its capabilities, and the arguments are refused for another reason).
bool denied(long result) {
  return result < 0 && (errno == ENOSYS || errno == EPERM);
}

}  // namespace

bool has_new_mount_calls() {
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_RDONLY;
  // No such descriptor, no such flags: none of these does anything.
  return !denied(::syscall(SYS_open_tree, -1, "", kCopy | AT_EMPTY_PATH)) &&
         !denied(::syscall(SYS_move_mount, -1, "", -1, "", kMove)) &&
         !denied(::syscall(SYS_mount_setattr, -1, "", AT_EMPTY_PATH, &change, sizeof change)) &&
         !denied(::syscall(SYS_fsopen, "tmpfs", ~FSOPEN_CLOEXEC)) &&
         !denied(::syscall(SYS_fsconfig, -1, FSCONFIG_SET_FLAG, "ro", nullptr, 0)) &&
         !denied(::syscall(SYS_fsmount, -1, FSMOUNT_CLOEXEC, 0));
}

std::unique_ptr<MountCalls> new_mount_calls() {
  return std::make_unique<NewMountCalls>();
}

Result<void> pivot_to(int root) {
  if (::fchdir(root) != 0) return failed("fchdir to the new root");
  // "." twice stacks the old root on the new one.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed("pivot_root");
  if (::chdir("/") != 0) return failed("chdir '/'");
  return {};
}

Result<void> detach_old_root() {
  if (::chdir("/") != 0) return failed("chdir '/'");
  // The path leads to the mount on top.
  if (::syscall(SYS_umount2, ".", kDetach) != 0) return failed("detach the old root");
  return {};
}

}  // namespace slipway::mounts
