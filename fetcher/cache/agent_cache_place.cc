#include <unistd.h>

#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "fetcher/cache/agent_cache.h"
#include "fetcher/cache/path_steps.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/link_walk.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

constexpr int kMostLinks = 16;

bool is_trusted(uid_t owner) {
  return owner == 0 || owner == ::geteuid();
}

// Whether only the trusted can exchange what is in a directory and theirs.
Result<void> check_way(const Fd& directory) {
  const auto found = TRY(sys::stat_fd(directory.get()));
  const bool writable = (found.st_mode & 022) != 0 && (found.st_mode & S_ISVTX) == 0;
  if (is_trusted(found.st_uid) && !writable) return {};
  const auto path = sys::read_link(AT_FDCWD, sys::path_of(directory.get()));
  return Error(cat(quote(path ? *path : "a directory on the way"),
                   writable ? cat(" can be written by others than uid ", found.st_uid)
                            : cat(" belongs to uid ", found.st_uid),
                   ", who could exchange what is in it"));
}

// The target of a link on the way; nothing where `name` is no link.
Result<std::optional<std::string>> target_of(int directory, const std::string& name) {
  const auto found = TRY(sys::find_at(directory, name));
  if (!found || !S_ISLNK(found->st_mode)) return std::optional<std::string>();
  if (!is_trusted(found->st_uid)) {
    return Error(cat(quote(name), " is a link of uid ", found->st_uid, "'s"));
  }
  return std::optional(TRY(sys::read_link(directory, name)));
}

struct Place {
  Fd parent;
  std::string name;
};

// The way to a directory: what is behind, by descriptor, and what is ahead.
class Walk {
 public:
  static Result<Walk> from_root() {
    Walk walk;
    TRY(walk.restart());
    return walk;
  }

  // Puts a path in front of what is ahead.
  Result<void> prepend(std::string_view path) {
    if (path.starts_with('/')) TRY(restart());
    const auto names = sandbox::names_in(path);
    ahead_.insert(ahead_.begin(), names.begin(), names.end());
    return {};
  }

  // To where the last name is, or is to be. What is missing on the way is made.
  Result<Place> to_the_last() {
    for (int links = 0; !ahead_.empty();) {
      const std::string name = std::move(ahead_.front());
      ahead_.pop_front();
      if (name == "..") {
        if (behind_.size() > 1) behind_.pop_back();
        continue;
      }
      TRY(check_way(behind_.back()));
      if (const auto target = TRY(target_of(behind_.back().get(), name))) {
        if (++links > kMostLinks) return Error("there are too many links on the way");
        TRY(prepend(*target));
        continue;
      }
      if (ahead_.empty()) return Place{std::move(behind_.back()), name};
      behind_.push_back(TRY(make_and_open(behind_.back().get(), name, 0755)));
    }
    return Error("it is a directory above others, no place for a cache");
  }

 private:
  Walk() = default;
  Result<void> restart() {
    behind_.clear();
    behind_.push_back(TRY(sys::open_at(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY)));
    return {};
  }

  std::vector<Fd> behind_;
  std::deque<std::string> ahead_;
};

}  // namespace

Result<Fd> make_agent_cache(const std::string& path, const sandbox::User& user) {
  const auto wanted = TRY(sandbox::AbsolutePath::parse(path));
  auto walk = TRY(Walk::from_root());
  TRY(walk.prepend(wanted.str()));
  const Place place = TRY(walk.to_the_last());
  Fd directory = TRY(make_and_open(place.parent.get(), place.name, 0700));
  const auto found = TRY(sys::stat_fd(directory.get()));
  if (!is_trusted(found.st_uid) && found.st_uid != user.uid) {
    return Error(cat(quote(path), " belongs to uid ", found.st_uid));
  }
  if (found.st_uid != user.uid) {
    // What nobody has used yet, as an earlier one that was killed here may have left it.
    if (!TRY(sys::list(directory.get(), 1)).empty()) {
      return Error(cat(quote(path), " belongs to uid ", found.st_uid, " and is not empty"));
    }
    TRY(sys::change_owner(directory.get(), user.uid, user.gid));
  }
  // Without a user in the order it is the caller's, with those of users below it: left as it is.
  if (user.uid != ::geteuid() && (found.st_mode & 07777) != 0700)
    TRY(sys::change_mode(directory.get(), 0700));
  return directory;
}

}  // namespace slipway::fetcher
