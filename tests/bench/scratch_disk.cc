#include "tests/bench/scratch_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sandbox/base/sys.h"
#include "tests/bench/timed_run.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

struct FormatRow {
  DiskKind kind;
  std::vector<std::string> make;  // the file's path follows
  const char* mount_options;
};

// The blocks of the image are kept (nodiscard, -K): getting new ones costs time. Nothing is left
// for the kernel to initialize in the background (noinit_itable).
const std::array<FormatRow, 2> kFormats{{
    {DiskKind::kExt4,
     {"/usr/sbin/mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"},
     "loop,noinit_itable"},
    {DiskKind::kXfs, {"/usr/sbin/mkfs.xfs", "-q", "-f", "-K", "-m", "reflink=1"}, "loop"},
}};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return detail::unwrap(std::move(result));
}

}  // namespace

void make_mounts_private() {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    fail("cannot have mounts of our own");
  }
}

ScratchDisk::ScratchDisk(const std::string& place, DiskKind kind, std::uint64_t bytes)
    : kind_(kind),
      bytes_(bytes),
      image_(place + "/image"),
      mount_point_(place + "/disk"),
      directory_(mount_point_ + "/tree") {
  fs::create_directory(mount_point_);
}

ScratchDisk::~ScratchDisk() {
  if (mounted_) ::umount2(mount_point_.c_str(), MNT_DETACH);
  ::unlink(image_.c_str());
}

// Not lazily: when it returns, everything is written into the image, and by fsync to the disk
// that holds that, so that the next contender does not wait for it.
void ScratchDisk::unmount() {
  if (!std::exchange(mounted_, false)) return;
  if (::umount2(mount_point_.c_str(), 0) != 0) fail("umount " + mount_point_);
  if (kind_ == DiskKind::kTmpfs) return;
  const Fd image = must(sys::open_at(AT_FDCWD, image_, O_RDONLY));
  if (::fsync(image.get()) != 0) fail("fsync " + image_);
}

void ScratchDisk::mount_anew() const {
  if (kind_ == DiskKind::kTmpfs) {
    if (::mount("tmpfs", mount_point_.c_str(), "tmpfs", 0, "mode=0755") != 0) fail("mount a tmpfs");
    return;
  }
  if (!fs::exists(image_)) {
    const Fd made = must(sys::open_at(AT_FDCWD, image_, O_WRONLY | O_CREAT | O_EXCL, 0600));
    must(sys::truncate(made.get(), bytes_));
  }
  for (const auto& [kind, make, mount_options] : kFormats) {
    if (kind != kind_) continue;
    auto argv = make;
    argv.push_back(image_);
    timed_run(argv);
    timed_run({"/usr/bin/mount", "-n", "-o", mount_options, image_, mount_point_});
  }
}

void ScratchDisk::settle() const {
  const Fd disk = must(sys::open_at(AT_FDCWD, mount_point_, O_RDONLY | O_DIRECTORY));
  if (::syncfs(disk.get()) != 0) fail("syncfs " + mount_point_);
}

void ScratchDisk::renew() {
  unmount();
  mount_anew();
  mounted_ = true;
  fs::create_directory(directory_);
}

}  // namespace slipway::bench
