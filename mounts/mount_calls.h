// What the mount steps ask of the kernel, in two dialects: the descriptors of the new mount
// interface (Linux 5.2, 5.12 for mount_setattr), and mount(2), for kernels and seccomp filters that
// lack it. As sandbox/base/sys.h: no policy, the error names the call and its object.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::mounts {

enum class Reach { kThisMount, kWholeTree };
enum class Propagation { kUnchanged, kPrivate, kSlave };
struct Attributes {
  bool read_only = false;  // false: left as it is; nothing is ever taken away
  bool no_setuid = false;
  bool no_devices = false;
  Propagation propagation = Propagation::kUnchanged;
};

// The layers of an overlay (overlayfs in the kernel's documentation), all borrowed.
struct OverlayLayers {
  enum class Attributes {
    kTrusted,  // the kernel's own marks are trusted.overlay.*, which takes real root
    kUser,     // user.overlay.*
  };
  std::vector<int> lower;  // the uppermost first
  int upper = -1;
  int work = -1;
  Attributes attributes = Attributes::kUser;
  bool no_exec = false;  // of the mount
};

class MountCalls {
 public:
  virtual ~MountCalls() = default;

  // A copy of the mount at `object` (O_PATH, opened in the present mount namespace) and of all
  // mounts below, not visible at any path a task could use.
  virtual Result<Fd> copy_tree(int object) = 0;
  // The same of the entry `name` of `dir`; neither a symbolic link nor an automount is followed.
  virtual Result<Fd> copy_tree_at(int dir, const std::string& name) = 0;

  // On the mount whose root `mount` is. What is asked for holds afterwards, or it is an error; only
  // nosuid and nodev of a mount that is hidden by another, so that no path leads there, may be
  // left.
  virtual Result<void> set_attributes(int mount, const Attributes& attributes, Reach reach) = 0;

  // Moves the copy (or the memory directory) `mount` onto `target`.
  virtual Result<void> attach(int mount, int target) = 0;

  // A new, empty file system in memory, root directory 0755, nosuid and nodev, to be attached.
  virtual Result<Fd> make_memory_directory() = 0;

  // Whether overlays can be made. Errors: ENOSYS where only mount(2) is to be had, which has its
  // copies where their layers would be.
  [[nodiscard]] virtual Result<void> check_overlays() const = 0;

  // An overlay, nosuid and nodev, to be attached. What it does on its layers it does with the
  // rights that the process has now. Errors: as check_overlays().
  virtual Result<Fd> make_overlay(const OverlayLayers& layers, const std::string& source) = 0;

  // Makes the mount `root`, attached on "/", the root of this process (pivot_root(2)). The working
  // directory is the new root afterwards. The old one is out of reach by path, and is gone after
  // finish() at the latest.
  virtual Result<void> replace_root(int root) = 0;

  // Takes away what was needed on the way. Nothing but set_attributes() may be called afterwards.
  virtual Result<void> finish() = 0;
};

// Whether this process may use the new interface; it must have its capabilities already.
bool has_new_mount_calls();
std::unique_ptr<MountCalls> new_mount_calls();
// mount(2). Keeps its copies in a directory in memory over the directory `name` of `dir` (in the
// present mount namespace) until finish(): no volume may be mounted there.
Result<std::unique_ptr<MountCalls>> classic_mount_calls(int dir, const std::string& name);

// pivot_root(2): the old root is stacked upon the new one, and the working directory is "/".
Result<void> pivot_to(int root);
// Detaches what pivot_to() left.
Result<void> detach_old_root();

}  // namespace slipway::mounts
