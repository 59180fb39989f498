#include "mounts/mount_calls.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/base/text.h"

namespace slipway::mounts::calls {

namespace {

constexpr int kDetach = 2;  // MNT_DETACH; <sys/mount.h> collides with <linux/mount.h> in glibc 2.36

Error failed(std::string_view call) {
  const int number = errno;
  Error error = Error::system(number, std::string(call));
  if (number != ENOSYS) return error;
  return std::move(error).hint(
      "volumes need Linux 5.12 or newer; older kernels are not supported yet");
}

Result<Fd> open_tree(int dir, const char* path, int how) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | unsigned(how);
  const long fd = ::syscall(SYS_open_tree, dir, path, flags);
  if (fd < 0) return failed("open_tree");
  return Fd(static_cast<int>(fd));
}

}  // namespace

Result<Fd> copy_tree(int object) {
  return open_tree(object, "", AT_EMPTY_PATH);
}

Result<Fd> copy_tree_at(int dir, const std::string& name) {
  return open_tree(dir, name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
}

Result<void> set_attributes(int mount, const Attributes& attributes, Reach reach) {
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

Result<void> attach(int mount, int target) {
  const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  if (::syscall(SYS_move_mount, mount, "", target, "", flags) != 0) return failed("move_mount");
  return {};
}

Result<Fd> make_memory_directory() {
  const long opened = ::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (opened < 0) return failed("fsopen tmpfs");
  const Fd context(static_cast<int>(opened));
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "mode", "0755", 0) != 0 ||
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return failed("fsconfig tmpfs");
  }
  const long mount =
      ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount < 0) return failed("fsmount tmpfs");
  return Fd(static_cast<int>(mount));
}

Result<void> replace_root(int root) {
  if (::fchdir(root) != 0) return failed("fchdir to the new root");
  // pivot_root(2): "." twice stacks the old root on the new one, where it is detached at once.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed("pivot_root");
  if (::syscall(SYS_umount2, ".", kDetach) != 0) return failed("detach the old root");
  if (::chdir("/") != 0) return failed("chdir '/'");
  return {};
}

Result<std::uint64_t> mount_id(int object) {
  struct statx found {};
  if (::statx(object, "", AT_EMPTY_PATH, STATX_MNT_ID, &found) != 0) return failed("statx");
  if ((found.stx_mask & STATX_MNT_ID) == 0) return Error("the kernel does not tell mount ids");
  return found.stx_mnt_id;
}

}  // namespace slipway::mounts::calls
