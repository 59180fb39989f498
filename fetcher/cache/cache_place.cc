#include "fetcher/cache/cache_place.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "fetcher/cache/path_steps.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/link_walk.h"

namespace slipway::fetcher {

namespace {

using sandbox::AbsolutePath;

Result<AbsolutePath> shared_place(uid_t user) {
  return AbsolutePath::parse(cat(kSharedCaches, '/', user));
}

Result<Fd> open_path(const AbsolutePath& path, const sandbox::User& user) {
  auto walk = TRY(sandbox::LinkWalk::begin(user.uid));
  for (const std::string& name : path.components()) TRY(walk.enter(name));
  return sys::open_at(walk.at(), ".", O_RDONLY | O_DIRECTORY);
}

// Makes what is missing.
Result<Fd> make_path(const AbsolutePath& path, mode_t mode, const sandbox::User& user) {
  auto walk = TRY(sandbox::LinkWalk::begin(user.uid));
  for (const std::string& name : path.components()) {
    auto made = sys::make_directory(walk.at(), name, mode);
    // What could not be made may still be there.
    auto entered = walk.enter(name);
    if (!entered) {
      // mkdir's own error says why nothing is there; that something is there, the open explains.
      const bool absent = !made && !made.error().is(std::errc::file_exists);
      return absent ? std::move(made).error() : std::move(entered).error();
    }
  }
  return sys::open_at(walk.at(), ".", O_RDONLY | O_DIRECTORY);
}

// As root: a directory of root's own, below which users have theirs.
Result<Fd> make_parent(int dir, const std::string& name, mode_t mode) {
  Fd fd = TRY(make_and_open(dir, name, 0700));
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
  return make_and_open(parent.get(), place.path.name(), 0700);
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
  const std::string home = surroundings.home.empty() ? "" : surroundings.home + "/.cache";
  for (const auto& [variable, base] :
       {std::pair("XDG_CACHE_HOME", surroundings.xdg_cache_home), std::pair("HOME", home)}) {
    if (!base.starts_with('/')) continue;
    auto path = AbsolutePath::parse(base + "/slipway");
    if (path) {
      return std::optional(CachePlace{*std::move(path), PlaceOrigin::kRules, false, variable});
    }
  }
  if (surroundings.shared_parent_exists) {
    return std::optional(CachePlace{TRY(shared_place(user)), PlaceOrigin::kRules, true});
  }
  return std::optional<CachePlace>();
}

Result<std::optional<Fd>> open_cache_place(const CachePlace& place, const sandbox::User& user) {
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  auto fd = place.shared_parent ? open_shared(place) : open_path(place.path, user);
  if (fd) return std::optional(*std::move(fd));
  if (fd.error().is(std::errc::no_such_file_or_directory)) return std::optional<Fd>();
  return std::move(fd).error();
}

Result<Fd> make_cache_place(const CachePlace& place, const sandbox::User& user) {
  if (place.shared_parent && ::geteuid() == 0) TRY(make_shared_parent());
  // The user makes it, so it is the user's.
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  return place.shared_parent ? make_shared(place) : make_path(place.path, 0700, user);
}

Result<void> expect_cache_place(const CachePlace& place, const sandbox::User& user) {
  if (place.shared_parent) return {};  // everybody may make theirs there
  const auto as_user = TRY(sandbox::AsUser::enter(user));
  auto walk = TRY(sandbox::LinkWalk::begin(user.uid));
  std::string nearest;
  for (const std::string& name : place.path.components()) {
    if (!TRY(sys::find_at(walk.at(), name))) break;
    TRY(walk.enter(name));
    nearest += cat('/', name);
  }
  if (TRY(sys::may_access(walk.at(), ".", W_OK | X_OK))) return {};
  return Error(cat("its user may not make anything in ", quote(nearest.empty() ? "/" : nearest)))
      .hint("name one below a directory of that user's");
}

}  // namespace slipway::fetcher
