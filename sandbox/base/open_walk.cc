#include "sandbox/base/open_walk.h"

#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <optional>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sys {

namespace {

constexpr int kMostLinks = 40;  // as the kernel (path_resolution(7))
constexpr ino_t kProcRoot = 1;  // PROC_ROOT_INO: the links directly in /proc are ordinary ones

std::deque<std::string> split(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const auto part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return parts;
}

class Walk {
 public:
  Walk(int dir, const std::string& path, int flags, mode_t mode, std::uint64_t resolve)
      : dir_(dir), path_(path), flags_(flags), mode_(mode), resolve_(resolve) {}

  Result<Fd> run() {
    if (path_.empty()) return refuse(ENOENT);
    pending_ = split(path_);
    TRY(start(path_.starts_with('/')));
    while (!pending_.empty()) {
      const std::string name = std::move(pending_.front());
      pending_.pop_front();
      if (!pending_.empty() || name == "..") {
        TRY(step(name));
      } else if (const auto link = takes_last_as_it_is() ? std::nullopt : find_link(name)) {
        TRY(follow(*link));
      } else {
        return open_last(name);
      }
    }
    return open_at(here_.get(), ".", flags_);
  }

 private:
  [[nodiscard]] bool beneath() const { return (resolve_ & RESOLVE_BENEATH) != 0; }
  [[nodiscard]] bool follows() const { return (resolve_ & RESOLVE_NO_SYMLINKS) == 0; }
  // Of a link the kernel follows none at the end with O_NOFOLLOW (ELOOP, or the link itself with
  // O_PATH), and says EEXIST with O_CREAT and O_EXCL.
  [[nodiscard]] bool takes_last_as_it_is() const {
    return (flags_ & O_NOFOLLOW) != 0 || (flags_ & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  }
  // Errors name the whole path.
  [[nodiscard]] Error refuse(int number) const {
    return Error::system(number, cat("open ", quote(path_)));
  }

  Result<void> start(bool at_root) {
    if (at_root && beneath()) return refuse(EXDEV);
    here_ = TRY(open_at(at_root ? AT_FDCWD : dir_, at_root ? "/" : ".", O_PATH | O_DIRECTORY));
    if (stays_on_mount()) mount_ = TRY(mount_id(here_.get()));
    return {};
  }

  Result<void> step(const std::string& name) {
    if (name == ".." && beneath()) return refuse(EXDEV);
    auto next = open_at(here_.get(), name, O_PATH | O_NOFOLLOW | O_DIRECTORY);
    if (next) {
      here_ = *std::move(next);
      return check_mount(here_);
    }
    const int number = next.error().number();
    if (number != ENOTDIR) return refuse(number);
    const auto link = find_link(name);
    return link ? follow(*link) : refuse(ENOTDIR);
  }

  Result<Fd> open_last(const std::string& name) {
    auto opened = open_at(here_.get(), name, flags_ | O_NOFOLLOW, mode_);
    if (!opened) return refuse(opened.error().number());
    TRY(check_mount(*opened));
    // A link that was put there since we looked: O_PATH returns it instead of an error.
    if ((flags_ & O_NOFOLLOW) == 0 && S_ISLNK(TRY(stat_fd(opened->get())).st_mode)) {
      return refuse(ELOOP);
    }
    return opened;
  }

  // The entry, if it is a symbolic link.
  [[nodiscard]] std::optional<Fd> find_link(const std::string& name) const {
    auto found = open_at(here_.get(), name, O_PATH | O_NOFOLLOW);
    if (!found) return std::nullopt;
    const auto stat = stat_fd(found->get());
    if (!stat || !S_ISLNK(stat->st_mode)) return std::nullopt;
    return *std::move(found);
  }

  Result<void> follow(const Fd& link) {
    if (!follows() || TRY(is_magic(link)) || !TRY(follows_links(link.get())) ||
        ++links_ > kMostLinks) {
      return refuse(ELOOP);
    }
    if (TRY(is_planted(link))) return refuse(EACCES);
    const std::string target = TRY(read_link(link.get(), ""));
    if (target.starts_with('/')) TRY(start(true));
    const auto parts = split(target);
    pending_.insert(pending_.begin(), parts.begin(), parts.end());
    return {};
  }

  // The kernel's rule where fs.protected_symlinks is 1, as it is nearly everywhere (proc(5)): in a
  // sticky directory that everybody may write to, only one's own links and those of the directory's
  // owner are followed.
  [[nodiscard]] Result<bool> is_planted(const Fd& link) const {
    const struct stat above = TRY(stat_fd(here_.get()));
    if ((above.st_mode & S_ISVTX) == 0 || (above.st_mode & S_IWOTH) == 0) return false;
    const struct stat found = TRY(stat_fd(link.get()));
    // setfsuid(2) has no getter: an invalid id changes nothing and returns the present one.
    const auto own = static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1)));
    return found.st_uid != own && found.st_uid != above.st_uid;
  }

  // proc(5): /proc/PID/cwd, root, exe, fd/N, ns/X lead to objects, not to paths.
  [[nodiscard]] Result<bool> is_magic(const Fd& link) const {
    struct statfs fs {};
    if (::fstatfs(link.get(), &fs) != 0) return refuse(errno);
    return fs.f_type == PROC_SUPER_MAGIC && TRY(stat_fd(here_.get())).st_ino != kProcRoot;
  }

  [[nodiscard]] bool stays_on_mount() const { return (resolve_ & RESOLVE_NO_XDEV) != 0; }
  [[nodiscard]] Result<void> check_mount(const Fd& fd) const {
    if (stays_on_mount() && TRY(mount_id(fd.get())) != mount_) return refuse(EXDEV);
    return {};
  }

  int dir_;
  const std::string& path_;
  int flags_;
  mode_t mode_;
  std::uint64_t resolve_;
  std::deque<std::string> pending_;
  Fd here_;
  std::uint64_t mount_ = 0;  // that must not be left
  int links_ = 0;
};

}  // namespace

Result<Fd> open_walking(int dir, const std::string& path, int flags, mode_t mode,
                        std::uint64_t resolve) {
  return Walk(dir, path, flags, mode, resolve).run();
}

}  // namespace slipway::sys
