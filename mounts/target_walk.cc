#include "mounts/target_walk.h"

#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

using sandbox::AbsolutePath;
using sandbox::User;

namespace {

// Whether this is the root of a sealed memory directory, as slipway makes them: where one slipway
// runs inside another, it belongs to the task's user, who still can alter nothing in it.
bool is_sealed(int dir) {
  struct statfs fs {};
  if (::fstatfs(dir, &fs) != 0 || fs.f_type != TMPFS_MAGIC || (fs.f_flags & ST_RDONLY) == 0) {
    return false;
  }
  struct statx found {};
  return ::statx(dir, "", AT_EMPTY_PATH, STATX_TYPE, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

constexpr int kMostLinks = 40;  // as the kernel (path_resolution(7))

bool mode_lets_write(const User& user, const struct stat& found) {
  if ((found.st_mode & S_IWOTH) != 0) return true;
  const bool in_group = found.st_gid == user.gid ||
                        std::binary_search(user.groups.begin(), user.groups.end(), found.st_gid);
  return (found.st_mode & S_IWGRP) != 0 && in_group;
}

bool others_than_root_can_write(const struct stat& found) {
  return found.st_uid != 0 || (found.st_mode & S_IWOTH) != 0 ||
         ((found.st_mode & S_IWGRP) != 0 && found.st_gid != 0);
}

class Walk {
 public:
  Walk(const AbsolutePath& path, const User& user, std::span<const AbsolutePath> covered)
      : user_(user), covered_(covered) {
    for (auto& component : path.components()) pending_.push_back(std::move(component));
  }

  Result<TargetPlace> run() {
    TRY(start());
    while (!pending_.empty()) {
      if (is_covered()) return inside();
      const std::string name = std::move(pending_.front());
      pending_.pop_front();
      if (name == "..") {
        if (levels_.size() > 1) levels_.pop_back();
        continue;
      }
      if (TRY(step(name))) break;
    }
    return place();
  }

 private:
  struct Level {
    Fd fd;
    std::string name;
    bool alterable = false;  // by the task's user, this directory or one above it
    bool sealed = false;
  };

  Result<void> start() {
    levels_.clear();
    Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    const struct stat found = TRY(sys::stat_fd(root.get()));
    push(std::move(root), "", found, false);
    return {};
  }

  void push(Fd fd, const std::string& name, const struct stat& found, bool above) {
    const bool own = could_alter(user_, found, fd.get());
    const bool sealed = own && is_sealed(fd.get());
    levels_.push_back({std::move(fd), name, above || (own && !sealed), sealed});
  }

  // ".." may still lead out.
  [[nodiscard]] bool is_covered() const {
    if (covered_.empty() || levels_.size() == 1) return false;
    if (std::find(pending_.begin(), pending_.end(), "..") != pending_.end()) return false;
    std::string here = path_so_far();
    here.pop_back();
    return std::any_of(covered_.begin(), covered_.end(),
                       [&](const AbsolutePath& each) { return each.str() == here; });
  }

  [[nodiscard]] Result<TargetPlace> inside() const {
    const std::vector<std::string> rest(pending_.begin(), pending_.end());
    return TargetPlace{TRY(AbsolutePath::parse(cat(path_so_far(), join(rest, "/")))), {}, {}};
  }

  // True where the walk ends here: the rest is missing, or this is no directory.
  Result<bool> step(const std::string& name) {
    const Level& above = levels_.back();
    auto opened = sys::open_at(above.fd.get(), name, O_PATH | O_NOFOLLOW);
    if (!opened && opened.error().is(std::errc::no_such_file_or_directory)) {
      return rest_is_missing(name);
    }
    Fd fd = TRY(std::move(opened).context(cat("in ", quote(path_so_far()))));
    const struct stat found = TRY(sys::stat_fd(fd.get()));
    if (S_ISLNK(found.st_mode)) return follow(name, fd.get(), found);
    kind_ = kind_of(found);
    if (is_directory(*kind_)) {
      push(std::move(fd), name, found, above.alterable);
      return false;
    }
    if (!pending_.empty()) {
      return Error(cat(quote(cat(path_so_far(), name)), " is not a directory"));
    }
    last_ = {name};
    return true;
  }

  Result<bool> rest_is_missing(const std::string& name) {
    last_ = {name};
    last_.insert(last_.end(), pending_.begin(), pending_.end());
    if (std::find(last_.begin(), last_.end(), "..") != last_.end()) {
      return Error(cat("a symbolic link leads to '..' of ", quote(cat(path_so_far(), name)),
                       ", which does not exist"));
    }
    kind_.reset();
    return true;
  }

  Result<bool> follow(const std::string& name, int link, const struct stat& found) {
    const Level& above = levels_.back();
    // In a sealed directory the user's own links are as safe as the directory.
    const bool somebody_elses =
        above.sealed || (user_.uid == 0 ? found.st_uid == 0 : found.st_uid != user_.uid);
    if (above.alterable || !somebody_elses) {
      return Error(cat(quote(cat(path_so_far(), name)),
                       " is a symbolic link that the task's user could have made"))
          .hint("name the directory itself as container_path");
    }
    if (!TRY(sys::follows_links(link)) || ++links_ > kMostLinks)
      return Error::system(ELOOP, quote(cat(path_so_far(), name)));
    const std::string target = TRY(sys::read_link(link, ""));
    if (target.starts_with('/')) levels_.resize(1);
    put_in_front(target);
    kind_ = FileKind::kDirectory;  // of "/" or of the level above, where nothing more follows
    return false;
  }

  void put_in_front(std::string_view path) {
    std::deque<std::string> components;
    while (!path.empty()) {
      const std::size_t slash = path.find('/');
      const auto component = path.substr(0, slash);
      path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
      if (!component.empty() && component != ".") components.emplace_back(component);
    }
    pending_.insert(pending_.begin(), components.begin(), components.end());
  }

  [[nodiscard]] std::string path_so_far() const {
    std::string path = "/";
    for (const auto& level : levels_) {
      if (!level.name.empty()) path += level.name + '/';
    }
    return path;
  }

  Result<TargetPlace> place() const {
    TargetPlace found{TRY(AbsolutePath::parse(cat(path_so_far(), join(last_, "/")))), {}, kind_};
    if (levels_.size() == 1 && last_.empty()) found.kind = FileKind::kDirectory;
    if (!found.kind) found.missing = last_;
    return found;
  }

  const User& user_;
  std::span<const AbsolutePath> covered_;
  std::deque<std::string> pending_;
  std::vector<Level> levels_;
  std::vector<std::string>
      last_;  // what is no directory at the end: a file, or all that is missing
  std::optional<FileKind> kind_;
  int links_ = 0;
};

}  // namespace

ObjectId id_of(const struct stat& found) {
  return {found.st_dev, found.st_ino};
}

FileKind kind_of(const struct stat& found) {
  if (S_ISDIR(found.st_mode)) return FileKind::kDirectory;
  if (S_ISCHR(found.st_mode) || S_ISBLK(found.st_mode)) return FileKind::kDevice;
  if (S_ISSOCK(found.st_mode)) return FileKind::kSocket;
  if (S_ISFIFO(found.st_mode)) return FileKind::kPipe;
  return FileKind::kFile;
}

bool could_alter(const User& user, const struct stat& found, int dir) {
  if (user.uid == 0) return others_than_root_can_write(found);
  if (found.st_uid == user.uid) return true;  // could give itself the right
  // The kernel knows about access control lists; AT_EACCESS asks for the ids that open files.
  if (::syscall(SYS_faccessat2, dir, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) == 0) return true;
  if (errno == EACCES) return false;
  // EROFS says nothing about the same directory through another mount; the call may be missing
  // (Linux 5.8) or unknown to a seccomp filter; anything else is unknown to us.
  const bool unanswered = errno == EROFS || errno == ENOSYS || errno == EPERM;
  return !unanswered || mode_lets_write(user, found);
}

Result<TargetPlace> find_target(const AbsolutePath& path, const User& user,
                                std::span<const AbsolutePath> covered) {
  // The usual case: all of it exists, and no link is on the way.
  if (covered.empty()) {
    if (const auto there = sys::open_canonical(path.str(), O_PATH)) {
      const auto found = TRY(sys::stat_fd(there->get()));
      return TargetPlace{path, {}, kind_of(found)};
    }
  }
  return Walk(path, user, covered).run();
}

}  // namespace slipway::mounts
