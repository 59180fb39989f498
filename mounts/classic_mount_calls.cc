// mount(2) on /proc/self/fd/N: the kernel goes to what the descriptor names, whatever its path has
// become. A copy can only live in the namespace here, so it lives in a directory in memory over a
// place that no volume can be mounted on. That directory is unbindable: recursive copies of what
// lies around it leave it out.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "mounts/mount_calls.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/mountinfo.h"

namespace slipway::mounts {

namespace {

using sandbox::MountEntry;

// The type of what is no new filesystem, which the kernel does not look at; valgrind(1) reads it.
constexpr const char* kNoType = "none";

Result<void> call_mount(const char* source, int target, const char* type, unsigned long flags,
                        const char* data, std::string_view doing) {
  if (::mount(source, sys::path_of(target).c_str(), type, flags, data) == 0) return {};
  const int number = errno;
  return Error::system(number, cat("mount (", doing, ')'));
}

struct FlagName {
  std::string_view option;
  unsigned long flag;
};

// A remount sets all of these anew, and may not take away one that is locked in a user namespace
// (mount_namespaces(7)). The atime flags stay where none is named.
constexpr FlagName kKept[] = {
    {"ro", MS_RDONLY},
    {"nosuid", MS_NOSUID},
    {"nodev", MS_NODEV},
    {"noexec", MS_NOEXEC},
    {"nosymfollow", 256 /* MS_NOSYMFOLLOW, Linux 5.10 */},
};

unsigned long flags_of(const MountEntry& entry) {
  unsigned long flags = 0;
  for (const auto& [option, flag] : kKept) {
    if (entry.has(option)) flags |= flag;
  }
  return flags;
}

unsigned long flags_of(const Attributes& attributes) {
  unsigned long flags = 0;
  if (attributes.read_only) flags |= MS_RDONLY;
  if (attributes.no_setuid) flags |= MS_NOSUID;
  if (attributes.no_devices) flags |= MS_NODEV;
  return flags;
}

std::uint64_t id_of(const MountEntry& entry) {
  return static_cast<std::uint64_t>(entry.id);
}

// The root of a mount of the tree, found from the tree's root; nothing where the path leads
// elsewhere by now or is hidden by another mount.
Result<std::optional<Fd>> reach(int top, const MountEntry& top_entry, const MountEntry& entry) {
  const std::string& above = top_entry.mount_point;
  if (entry.id == top_entry.id) return std::optional(TRY(sys::duplicate(top)));
  if (!entry.mount_point.starts_with(above)) return std::optional<Fd>();
  std::string rest = entry.mount_point.substr(above.size());
  while (rest.starts_with('/')) rest.erase(0, 1);
  if (rest.empty()) return std::optional<Fd>();
  auto found = sys::open_beneath(top, rest, O_PATH);
  if (!found || TRY(sys::mount_id(found->get())) != id_of(entry)) return std::optional<Fd>();
  return std::optional(*std::move(found));
}

class ClassicMountCalls final : public MountCalls {
 public:
  explicit ClassicMountCalls(Fd staging) : staging_(std::move(staging)) {}

  Result<Fd> copy_tree(int object) override {
    const bool directory = S_ISDIR(TRY(sys::stat_fd(object)).st_mode);
    const Fd place = TRY(make_place(directory));
    TRY(call_mount(sys::path_of(object).c_str(), place.get(), kNoType, MS_BIND | MS_REC, nullptr,
                   "bind"));
    return open_place();
  }

  Result<Fd> copy_tree_at(int dir, const std::string& name) override {
    const Fd object = TRY(sys::open_at(dir, name, O_PATH | O_NOFOLLOW));
    return copy_tree(object.get());
  }

  Result<void> set_attributes(int mount, const Attributes& attributes, Reach how_far) override {
    if (flags_of(attributes) != 0) TRY(set_flags(mount, attributes, how_far));
    if (attributes.propagation == Propagation::kUnchanged) return {};
    unsigned long flags = MS_SLAVE;
    if (attributes.propagation == Propagation::kPrivate) flags = MS_PRIVATE;
    if (how_far == Reach::kWholeTree) flags |= MS_REC;
    return call_mount(nullptr, mount, kNoType, flags, nullptr, "propagation");
  }

  Result<void> attach(int mount, int target) override {
    return call_mount(sys::path_of(mount).c_str(), target, kNoType, MS_MOVE, nullptr, "move");
  }

  Result<Fd> make_memory_directory() override {
    const Fd place = TRY(make_place(true));
    TRY(call_mount("tmpfs", place.get(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755", "tmpfs"));
    return open_place();
  }

  [[nodiscard]] Result<void> check_overlays() const override {
    return Error::system(ENOSYS, "the new mount interface")
        .hint(
            "an overlay takes the new mount interface (Linux 5.12); a new launch with "
            "--materialize=auto copies");
  }

  Result<Fd> make_overlay(const OverlayLayers&, const std::string&) override {
    return check_overlays().error();
  }

  // The copies are below the old root: it goes last.
  Result<void> replace_root(int root) override {
    root_replaced_ = true;
    return pivot_to(root);
  }

  Result<void> finish() override {
    if (root_replaced_) return detach_old_root();
    if (::umount2(sys::path_of(staging_.get()).c_str(), MNT_DETACH) == 0) return {};
    const int number = errno;
    return Error::system(number, "detach the directory of copies");
  }

 private:
  Result<Fd> make_place(bool directory) {
    const std::string name = cat(++places_);
    if (!directory) {
      return sys::open_beneath(staging_.get(), name, O_CREAT | O_EXCL | O_RDONLY, 0600);
    }
    TRY(sys::make_directory(staging_.get(), name, 0700));
    return open_place();
  }

  // What is there now: the place made last, or what has been mounted on it since.
  Result<Fd> open_place() { return sys::open_beneath(staging_.get(), cat(places_), O_PATH); }

  static Result<void> set_flags(int mount, const Attributes& attributes, Reach how_far) {
    const auto table = TRY(sandbox::read_mountinfo());
    const std::uint64_t top = TRY(sys::mount_id(mount));
    const MountEntry* top_entry = nullptr;
    std::set<int> tree;  // the table has parents first
    for (const auto& entry : table) {
      if (id_of(entry) == top) {
        top_entry = &entry;
      } else if (top_entry == nullptr || how_far == Reach::kThisMount ||
                 !tree.contains(entry.parent)) {
        continue;
      }
      tree.insert(entry.id);
      TRY(set_flags_of_one(mount, *top_entry, entry, attributes));
    }
    if (top_entry == nullptr) return Error("the mount is not in the mount table");
    return {};
  }

  static Result<void> set_flags_of_one(int top, const MountEntry& top_entry,
                                       const MountEntry& entry, const Attributes& attributes) {
    const unsigned long before = flags_of(entry);
    const unsigned long wanted = before | flags_of(attributes);
    if (wanted == before) return {};
    const auto found = TRY(reach(top, top_entry, entry));
    if (!found) {
      if (!attributes.read_only) return {};
      const std::string place = entry.mount_point.substr(
          std::min(entry.mount_point.size(), top_entry.mount_point.size()));
      return Error(cat("a mount on ", quote(place.empty() ? "/" : place),
                       " in it is hidden by another, and cannot be made read-only on this kernel"))
          .hint("unmount it, or use Linux 5.12 or newer");
    }
    return call_mount(nullptr, found->get(), kNoType, MS_REMOUNT | MS_BIND | wanted, nullptr,
                      "remount")
        .context(quote(entry.mount_point));
  }

  Fd staging_;
  unsigned places_ = 0;
  bool root_replaced_ = false;
};

}  // namespace

Result<std::unique_ptr<MountCalls>> classic_mount_calls(int dir, const std::string& name) {
  // Before the first mount: where the host shares its mounts, it would appear there too.
  const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  TRY(call_mount(nullptr, root.get(), kNoType, MS_REC | MS_SLAVE, nullptr, "propagation"));
  const Fd beneath = TRY(sys::open_beneath(dir, name, O_PATH | O_DIRECTORY));
  TRY(call_mount("tmpfs", beneath.get(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700", "tmpfs"));
  Fd staging = TRY(sys::open_beneath(dir, name, O_PATH | O_DIRECTORY));  // what is on top now
  TRY(call_mount(nullptr, staging.get(), kNoType, MS_UNBINDABLE, nullptr, "propagation"));
  return std::unique_ptr<MountCalls>(std::make_unique<ClassicMountCalls>(std::move(staging)));
}

}  // namespace slipway::mounts
