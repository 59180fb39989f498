#include "fetcher/cache/cache_place.h"

#include <unistd.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using sandbox::AbsolutePath;

Result<AbsolutePath> shared_place(uid_t user) {
  return AbsolutePath::parse(cat(kSharedCaches, '/', user));
}

// Makes and opens each directory of a path, as who the process is now.
Result<Fd> make_path(const AbsolutePath& path, mode_t mode) {
  Fd at = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  for (const std::string& name : path.components()) {
    auto made = sys::make_directory(at.get(), name, mode);
    // What could not be made may still be there. Links in it are the operator's or the user's own.
    auto opened = sys::open_at(at.get(), name, O_PATH | O_DIRECTORY);
    if (!opened) {
      // mkdir's own error says why nothing is there; that something is there, the open explains.
      const bool absent = !made && !made.error().is(std::errc::file_exists);
      return absent ? std::move(made).error() : std::move(opened).error();
    }
    at = *std::move(opened);
  }
  return sys::open_at(at.get(), ".", O_RDONLY | O_DIRECTORY);
}

// As root: a directory of root's own, below which users have theirs.
Result<Fd> make_parent(int dir, const std::string& name, mode_t mode) {
  if (auto made = sys::make_directory(dir, name, 0700);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  Fd fd = TRY(sys::open_beneath(dir, name, O_RDONLY | O_DIRECTORY));
  const auto found = TRY(sys::stat_fd(fd.get()));
  if (found.st_uid != 0)
    return Error(cat(quote(name), " belongs to uid ", found.st_uid, ", not to root"));
  // Past the umask; and whoever was killed between mkdir and here has left it closed.
  if ((found.st_mode & 07777) != mode) TRY(sys::change_mode(fd.get(), mode));
  return fd;
}

// The parent of all users' caches. Others may write to it, so nothing below it is reached through a
// link.
Result<Fd> open_shared_parent() {
  const Fd cache = TRY(sys::open_at(AT_FDCWD, "/var/cache", O_PATH | O_DIRECTORY));
  Fd users = TRY(sys::open_beneath(cache.get(), "slipway/users", O_RDONLY | O_DIRECTORY));
  const auto found = TRY(sys::stat_fd(users.get()));
  if (found.st_uid != 0 || ((found.st_mode & 022) != 0 && (found.st_mode & S_ISVTX) == 0)) {
    return Error(cat(quote(kSharedCaches), " is not root's, or others could rename what is in it"))
        .hint("as root: chown root /var/cache/slipway/users; chmod 1777 /var/cache/slipway/users");
  }
  return users;
}

Result<void> make_shared_parent() {  // as root
  const Fd cache = TRY(sys::open_at(AT_FDCWD, "/var/cache", O_RDONLY | O_DIRECTORY));
  const Fd own = TRY(make_parent(cache.get(), "slipway", 0755));
  TRY(make_parent(own.get(), "users", 01777));
  return {};
}

Result<Fd> open_shared(const CachePlace& place) {
  const Fd parent = TRY(open_shared_parent());
  return sys::open_beneath(parent.get(), place.path.name(), O_RDONLY | O_DIRECTORY);
}

Result<Fd> make_shared(const CachePlace& place) {
  const Fd parent = TRY(open_shared_parent());
  if (auto made = sys::make_directory(parent.get(), place.path.name(), 0700);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  return sys::open_beneath(parent.get(), place.path.name(), O_RDONLY | O_DIRECTORY);
}

}  // namespace

Result<std::optional<CachePlace>> choose_cache_place(const CacheSurroundings& surroundings,
                                                     uid_t user) {
  if (!surroundings.operator_dir.empty()) {
    return std::optional(CachePlace{
        TRY(AbsolutePath::parse(surroundings.operator_dir).context("the cache directory")),
        PlaceOrigin::kOperator, false});
  }
  if (surroundings.started_as_root) {
    return std::optional(CachePlace{TRY(shared_place(user)), PlaceOrigin::kRules, true});
  }
  // XDG Base Directory Specification: a relative path is to be ignored.
  for (const std::string& base : {surroundings.xdg_cache_home,
                                  surroundings.home.empty() ? "" : surroundings.home + "/.cache"}) {
    if (!base.starts_with('/')) continue;
    auto path = AbsolutePath::parse(base + "/slipway");
    if (path) return std::optional(CachePlace{*std::move(path), PlaceOrigin::kRules, false});
  }
  if (surroundings.shared_parent_exists) {
    return std::optional(CachePlace{TRY(shared_place(user)), PlaceOrigin::kRules, true});
  }
  return std::optional<CachePlace>();
}

Result<std::optional<Fd>> open_cache_place(const CachePlace& place, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  auto fd = place.shared_parent ? open_shared(place)
                                : sys::open_at(AT_FDCWD, place.path.str(), O_RDONLY | O_DIRECTORY);
  if (fd) return std::optional(*std::move(fd));
  if (fd.error().is(std::errc::no_such_file_or_directory)) return std::optional<Fd>();
  return std::move(fd).error();
}

Result<Fd> make_cache_place(const CachePlace& place, const sandbox::User& user) {
  if (place.shared_parent && ::geteuid() == 0) TRY(make_shared_parent());
  // The user makes it, so it is the user's.
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  return place.shared_parent ? make_shared(place) : make_path(place.path, 0700);
}

}  // namespace slipway::fetcher
