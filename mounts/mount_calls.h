// One function per call of the new mount interface, by syscall(2): glibc wraps them since 2.36
// only. As sandbox/base/sys.h: no policy, the error names the call and its object.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::mounts::calls {

// A copy of the mount at `object` (O_PATH) and of all mounts below, attached nowhere
// (open_tree(2)). Needs an object opened in the present mount namespace.
Result<Fd> copy_tree(int object);
// The same of the entry `name` of `dir`; neither a symbolic link nor an automount is followed.
Result<Fd> copy_tree_at(int dir, const std::string& name);

enum class Reach { kThisMount, kWholeTree };
enum class Propagation { kUnchanged, kPrivate, kSlave };
struct Attributes {
  bool read_only = false;  // false: left as it is; nothing is ever taken away
  bool no_setuid = false;
  bool no_devices = false;
  Propagation propagation = Propagation::kUnchanged;
};
// mount_setattr(2) on the mount whose root `mount` is.
Result<void> set_attributes(int mount, const Attributes& attributes, Reach reach);

// move_mount(2): the mount `mount` onto `target`.
Result<void> attach(int mount, int target);

// A new, empty file system in memory, root directory 0755, nosuid and nodev, attached nowhere.
Result<Fd> make_memory_directory();

// Makes the mount `root` the root of this process and detaches the old root (pivot_root(2)). The
// working directory is the new root afterwards.
Result<void> replace_root(int root);

// The id that /proc/self/mountinfo shows for the mount `object` lies in (statx(2)).
Result<std::uint64_t> mount_id(int object);

}  // namespace slipway::mounts::calls
