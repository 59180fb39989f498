// One function per system call: EINTR retried, O_CLOEXEC always, errno read first, the error names
// the call and its object. No policy, no logging. `dir` is a borrowed directory descriptor or
// AT_FDCWD.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::sys {

Result<Fd> open_at(int dir, const std::string& path, int flags, mode_t mode = 0);
// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: no component, the
// last one included, may be a symbolic link or lead above `dir`.
Result<Fd> open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);
// openat2(2) with RESOLVE_NO_MAGICLINKS: ordinary symbolic links are followed with the caller's
// rights, those of /proc/PID/{fd,cwd,root,exe}, which ignore rights on the way, are not.
Result<Fd> open_without_magic(int dir, const std::string& path, int flags);
// openat2(2) with RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: for an absolute path that was
// found to be canonical, so that a link in it was put there since.
Result<Fd> open_canonical(const std::string& path, int flags);
// openat2(2) as open_beneath(), with RESOLVE_NO_XDEV: EXDEV where the path enters another mount.
Result<Fd> open_same_mount(int dir, const std::string& path, int flags);
// A new descriptor for what /proc/self/fd/`fd` names: turns O_PATH into a readable one, after the
// checks were done on the inode that is held.
Result<Fd> reopen(int fd, int flags);
Result<Fd> duplicate(int fd, int lowest = 3);     // numbered `lowest` or higher
Result<void> duplicate_onto(int fd, int target);  // dup2: `target` is inherited over exec
Result<std::pair<Fd, Fd>> make_pipe();            // read end, write end

Result<void> make_directory(int dir, const std::string& path, mode_t mode);
Result<void> make_symlink(const std::string& target, int dir, const std::string& path);
Result<void> link(int old_dir, const std::string& old_path, int dir, const std::string& path);
Result<void> rename(int old_dir, const std::string& old_path, int dir, const std::string& path);
Result<void> unlink(int dir, const std::string& path, int flags = 0);
// The same where it is fine that nothing is there.
Result<void> unlink_if_there(int dir, const std::string& path);
Result<std::string> read_link(int dir, const std::string& path);
// A path of what is open there, whatever stands at its own by now (proc(5)).
std::string path_of(int fd);
// Whether a directory is there, by links or not; false also where nobody can tell.
bool is_directory(const std::string& path);

Result<struct stat> stat_at(int dir, const std::string& path, int flags = AT_SYMLINK_NOFOLLOW);
// As stat_at, but nothing where there is nothing (ENOENT; ENOTDIR: a parent is no directory).
Result<std::optional<struct stat>> find_at(int dir, const std::string& path,
                                           int flags = AT_SYMLINK_NOFOLLOW);
Result<struct stat> stat_fd(int fd);
// Whether symbolic links are followed on the mount that the descriptor lies in (nosymfollow,
// mount(8)); whether it is read-only.
Result<bool> follows_links(int fd);
Result<bool> is_on_read_only_mount(int fd);
// What a file system has, in bytes; `available` is what ordinary users may still use (statvfs(3)).
struct Space {
  std::uint64_t size = 0;
  std::uint64_t available = 0;
};
Result<Space> space_of(int fd);
// The id that /proc/self/mountinfo shows for the mount that the descriptor lies in (statx(2)).
Result<std::uint64_t> mount_id(int fd);
Result<void> change_mode(int fd, mode_t mode);
// The same for a descriptor opened with O_PATH, which fchmod(2) refuses.
Result<void> change_mode_of_path(int fd, mode_t mode);
// Whether this process may do that (R_OK, W_OK, X_OK) by its effective ids; a directory's entries
// may be made and removed by W_OK | X_OK on ".". Where faccessat2(2) is missing (Linux 5.8, seccomp
// filters) by its real ids: for processes in which both are the same.
Result<bool> may_access(int dir, const std::string& path, int mode);
Result<void> change_owner(int fd, uid_t uid, gid_t gid);
Result<void> set_times(int fd, const timespec& accessed, const timespec& modified);
Result<void> set_times_at(int dir, const std::string& path, const timespec& accessed,
                          const timespec& modified);  // of the link itself, never its target

// The number of bytes read, 0 at the end.
Result<std::size_t> read(int fd, std::span<std::byte> into);
Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t offset);
// All of it, or an error. Waits where the descriptor does not (O_NONBLOCK), and somebody else's end
// is slow.
Result<void> write_all(int fd, std::span<const std::byte> bytes);
Result<void> write_all(int fd, std::string_view text);
Result<void> write_all_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset);
Result<void> truncate(int fd, std::uint64_t size);
// What close(2) says of what was written, the descriptor staying open: NFS and quotas tell only
// then.
Result<void> check_written(int fd);
// Waits until a file's data is on its disk; an error where the kernel could not bring it there,
// also long ago, as far as it remembers (sync_file_range(2), fdatasync(2)).
Result<void> write_back(int fd);
// The empty file `to` shares all blocks of `from` (FICLONE, ioctl_ficlone(2)). False where their
// file system, or their being on two, does not allow it.
Result<bool> clone_file(int from, int to);
// Everything up to the end; an error that names the limit where there is more.
Result<std::string> read_to_end(int fd, std::size_t limit);

enum class Lock { kShared, kExclusive };
// flock(2), without waiting: false where somebody else holds it.
Result<bool> lock(int fd, Lock kind);

Result<void> unshare(int flags);
// The wait status of the child (waitpid(2)).
Result<int> wait_for(pid_t child);

// The names in a directory, "." and ".." left out, in no order, with their d_type.
struct DirectoryEntry {
  std::string name;
  unsigned char type = 0;  // DT_*
};
// One by one. What is added or removed meanwhile may be told or not (readdir(3)).
class DirectoryReader {
 public:
  // `dir` is borrowed for the call.
  static Result<DirectoryReader> open(int dir);
  // Nothing at the end.
  Result<std::optional<DirectoryEntry>> next();

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  explicit DirectoryReader(DIR* stream) : stream_(stream) {}

  std::unique_ptr<DIR, Close> stream_;
};
// At most `most` of them, all held in memory.
Result<std::vector<DirectoryEntry>> list(int dir, std::size_t most = SIZE_MAX);

}  // namespace slipway::sys
