#include "sandbox/base/sys.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "sandbox/base/open_walk.h"
#include "sandbox/base/text.h"

namespace slipway::sys {

namespace {

// Calls again for as long as a signal interrupts it.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Error failed(std::string_view call, const std::string& path) {
  const int number = errno;
  return Error::system(number, cat(call, " ", quote(path)));
}

Error failed(std::string_view call) {
  const int number = errno;
  return Error::system(number, std::string(call));
}

Result<void> done(int result, std::string_view call, const std::string& path) {
  if (result < 0) return failed(call, path);
  return {};
}

Result<void> done(int result, std::string_view call) {
  if (result < 0) return failed(call);
  return {};
}

constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// Whether openat2(2) may be used: not on kernels before 5.6 (ENOSYS), nor under a seccomp filter
// that does not know it (EPERM). Asked once.
bool has_openat2() {
  static const bool has = [] {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    const Fd root(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how)));
    return static_cast<bool>(root);
  }();
  return has;
}

// openat2(2).
Result<Fd> open_resolved(int dir, const std::string& path, int flags, mode_t mode,
                         std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  how.mode = creates ? mode : 0;  // else EINVAL
  how.resolve = resolve;
  long fd = -1;
  // EAGAIN: a rename elsewhere raced with the walk; the kernel asks to try again.
  for (int tries = 0; tries < 32; ++tries) {
    fd = retry([&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how); });
    if (fd >= 0 || errno != EAGAIN) break;
  }
  if (fd >= 0) return Fd(static_cast<int>(fd));
  Error error = failed("open", path);
  const bool denied = error.number() == ENOSYS || error.number() == EPERM;
  if (denied && !has_openat2()) return open_walking(dir, path, flags, mode, resolve);
  return error;
}

// Says of ELOOP what it means where no link is allowed.
Result<Fd> name_link(Result<Fd> opened, const std::string& path) {
  if (opened || !opened.error().is(std::errc::too_many_symbolic_link_levels)) return opened;
  // Not a matter of many levels: one was in the way.
  return Error::system(ELOOP,
                       cat("open ", quote(path), ", which is or leads through a symbolic link"));
}

}  // namespace

Result<Fd> open_at(int dir, const std::string& path, int flags, mode_t mode) {
  const int fd = retry([&] { return ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return failed("open", path);
  return Fd(fd);
}

Result<Fd> open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
  return name_link(open_resolved(dir, path, flags, mode, kBeneath), path);
}

Result<Fd> open_canonical(const std::string& path, int flags) {
  constexpr std::uint64_t kNoLinks = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return name_link(open_resolved(AT_FDCWD, path, flags, 0, kNoLinks), path);
}

Result<Fd> open_without_magic(int dir, const std::string& path, int flags) {
  return open_resolved(dir, path, flags, 0, RESOLVE_NO_MAGICLINKS);
}

Result<Fd> open_same_mount(int dir, const std::string& path, int flags) {
  return open_resolved(dir, path, flags, 0, kBeneath | RESOLVE_NO_XDEV);
}

Result<Fd> reopen(int fd, int flags) {
  return open_at(AT_FDCWD, path_of(fd), flags);
}

Result<Fd> duplicate(int fd, int lowest) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  if (copy < 0) return failed("duplicate a file descriptor");
  return Fd(copy);
}

Result<void> duplicate_onto(int fd, int target) {
  if (fd == target) return done(::fcntl(fd, F_SETFD, 0), "clear close-on-exec");
  return done(retry([&] { return ::dup2(fd, target); }), "dup2");
}

Result<std::pair<Fd, Fd>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe");
  return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Result<void> make_directory(int dir, const std::string& path, mode_t mode) {
  return done(::mkdirat(dir, path.c_str(), mode), "mkdir", path);
}

Result<void> make_symlink(const std::string& target, int dir, const std::string& path) {
  return done(::symlinkat(target.c_str(), dir, path.c_str()), "symlink", path);
}

Result<void> link(int old_dir, const std::string& old_path, int dir, const std::string& path) {
  return done(::linkat(old_dir, old_path.c_str(), dir, path.c_str(), 0), "link", path);
}

Result<void> rename(int old_dir, const std::string& old_path, int dir, const std::string& path) {
  return done(::renameat(old_dir, old_path.c_str(), dir, path.c_str()), "rename to", path);
}

Result<void> unlink(int dir, const std::string& path, int flags) {
  return done(::unlinkat(dir, path.c_str(), flags), "unlink", path);
}

Result<void> unlink_if_there(int dir, const std::string& path) {
  auto removed = unlink(dir, path);
  if (!removed && removed.error().is(std::errc::no_such_file_or_directory)) return {};
  return removed;
}

Result<std::string> read_link(int dir, const std::string& path) {
  std::string target(4096, '\0');  // PATH_MAX: no link target is longer
  const ssize_t length = ::readlinkat(dir, path.c_str(), target.data(), target.size());
  if (length < 0) return failed("readlink", path);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

std::string path_of(int fd) {
  return cat("/proc/self/fd/", fd);
}

bool is_directory(const std::string& path) {
  const auto found = find_at(AT_FDCWD, path, 0);
  return found && *found && S_ISDIR((*found)->st_mode);
}

Result<struct stat> stat_at(int dir, const std::string& path, int flags) {
  struct stat found {};
  if (::fstatat(dir, path.c_str(), &found, flags) != 0) return failed("stat", path);
  return found;
}

Result<std::optional<struct stat>> find_at(int dir, const std::string& path, int flags) {
  auto found = stat_at(dir, path, flags);
  if (found) return std::optional(*found);
  if (found.error().is(std::errc::no_such_file_or_directory) ||
      found.error().is(std::errc::not_a_directory)) {
    return std::optional<struct stat>();
  }
  return std::move(found).error();
}

Result<struct stat> stat_fd(int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return failed("fstat");
  return found;
}

Result<bool> follows_links(int fd) {
  constexpr unsigned long kNoSymfollow = 0x2000;  // ST_NOSYMFOLLOW (Linux 5.10)
  struct statvfs found {};
  if (retry([&] { return ::fstatvfs(fd, &found); }) != 0) return failed("fstatvfs");
  return (found.f_flag & kNoSymfollow) == 0;
}

Result<bool> is_on_read_only_mount(int fd) {
  struct statvfs found {};
  if (retry([&] { return ::fstatvfs(fd, &found); }) != 0) return failed("fstatvfs");
  return (found.f_flag & ST_RDONLY) != 0;
}

Result<Space> space_of(int fd) {
  struct statvfs found {};
  if (retry([&] { return ::fstatvfs(fd, &found); }) != 0) return failed("fstatvfs");
  // Root may use what is kept back for it, but has no business to.
  return Space{std::uint64_t{found.f_blocks} * found.f_frsize,
               std::uint64_t{found.f_bavail} * found.f_frsize};
}

Result<std::uint64_t> mount_id(int fd) {
  struct statx found {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &found) != 0) return failed("statx");
  if ((found.stx_mask & STATX_MNT_ID) == 0) return Error("the kernel does not tell mount ids");
  return found.stx_mnt_id;
}

Result<void> change_mode(int fd, mode_t mode) {
  return done(::fchmod(fd, mode), "fchmod");
}

Result<void> change_mode_of_path(int fd, mode_t mode) {
  return done(::chmod(path_of(fd).c_str(), mode), "chmod");
}

Result<bool> may_access(int dir, const std::string& path, int mode) {
  // glibc's wrapper goes back to the older call after ENOSYS only; a filter answers EPERM.
  if (::syscall(SYS_faccessat2, dir, path.c_str(), mode, AT_EACCESS) == 0) return true;
  if ((errno == ENOSYS || errno == EPERM) &&
      ::syscall(SYS_faccessat, dir, path.c_str(), mode) == 0) {
    return true;
  }
  if (errno == EACCES || errno == EROFS) return false;
  return failed("faccessat", path);
}

Result<void> change_owner(int fd, uid_t uid, gid_t gid) {
  return done(::fchown(fd, uid, gid), "fchown");
}

Result<void> set_times(int fd, const timespec& accessed, const timespec& modified) {
  const timespec times[2] = {accessed, modified};
  return done(::futimens(fd, times), "futimens");
}

Result<void> set_times_at(int dir, const std::string& path, const timespec& accessed,
                          const timespec& modified) {
  const timespec times[2] = {accessed, modified};
  return done(::utimensat(dir, path.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat", path);
}

Result<std::size_t> read(int fd, std::span<std::byte> into) {
  const ssize_t count = retry([&] { return ::read(fd, into.data(), into.size()); });
  if (count < 0) return failed("read");
  return static_cast<std::size_t>(count);
}

Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
  const ssize_t count =
      retry([&] { return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)); });
  if (count < 0) return failed("read");
  return static_cast<std::size_t>(count);
}

Result<void> write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      if (retry([&] { return ::poll(&ready, 1, -1); }) < 0) return failed("poll");
      continue;
    }
    if (count < 0) return failed("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> write_all(int fd, std::string_view text) {
  return write_all(fd, std::as_bytes(std::span(text)));
}

Result<void> write_all_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        retry([&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) return failed("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> check_written(int fd) {
  Fd again = TRY(duplicate(fd));
  return again.close();
}

Result<void> write_back(int fd) {
  constexpr unsigned kAll =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (retry([&] { return ::sync_file_range(fd, 0, 0, kAll); }) == 0) return {};
  if (errno == EIO || errno == ENOSPC || errno == EDQUOT) return failed("sync_file_range");
  return done(retry([&] { return ::fdatasync(fd); }), "fdatasync");
}

Result<void> truncate(int fd, std::uint64_t size) {
  return done(::ftruncate(fd, static_cast<off_t>(size)), "ftruncate");
}

Result<std::string> read_to_end(int fd, std::size_t limit) {
  std::string text;
  std::byte buffer[16384];
  for (;;) {
    const std::size_t count = TRY(read(fd, buffer));
    if (count == 0) return text;
    if (count > limit - text.size())
      return Error(cat("longer than the limit of ", limit, " bytes"));
    text.append(reinterpret_cast<const char*>(buffer), count);
  }
}

Result<bool> clone_file(int from, int to) {
  if (retry([&] { return ::ioctl(to, FICLONE, from); }) == 0) return true;
  switch (errno) {
    case EOPNOTSUPP:
    case ENOTTY:
    case EXDEV:
    case EINVAL:  // of a file system that shares no blocks of such files
    case ENOSYS:
    case EPERM:
      return false;
    default:
      return failed("ioctl FICLONE");
  }
}

Result<bool> lock(int fd, Lock kind) {
  const int operation = (kind == Lock::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (retry([&] { return ::flock(fd, operation); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed("flock");
}

Result<void> unshare(int flags) {
  return done(::unshare(flags), "unshare");
}

Result<int> wait_for(pid_t child) {
  int status = 0;
  if (retry([&] { return ::waitpid(child, &status, 0); }) < 0) return failed("waitpid");
  return status;
}

Result<DirectoryReader> DirectoryReader::open(int dir) {
  // A descriptor of its own: readdir moves the offset, and `dir` is borrowed.
  Fd own = TRY(open_at(dir, ".", O_RDONLY | O_DIRECTORY));
  DIR* stream = ::fdopendir(own.get());
  if (stream == nullptr) return failed("fdopendir");
  (void)own.release();  // the stream's from here on
  return DirectoryReader(stream);
}

Result<std::optional<DirectoryEntry>> DirectoryReader::next() {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream_.get());
    if (entry == nullptr && errno != 0) return failed("readdir");
    if (entry == nullptr) return std::optional<DirectoryEntry>();
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      return std::optional(DirectoryEntry{std::string(name), entry->d_type});
    }
  }
}

Result<std::vector<DirectoryEntry>> list(int dir, std::size_t most) {
  auto reader = TRY(DirectoryReader::open(dir));
  std::vector<DirectoryEntry> entries;
  while (entries.size() < most) {
    auto entry = TRY(reader.next());
    if (!entry) break;
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace slipway::sys
