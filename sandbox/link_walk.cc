#include "sandbox/link_walk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr int kMostLinks = 40;  // path_resolution(7)

Result<Fd> open_root() {
  return sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
}

}  // namespace

std::vector<std::string> names_in(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  return names;
}

Result<LinkWalk> LinkWalk::begin(uid_t user) {
  LinkWalk walk;
  walk.at_ = TRY(open_root());
  walk.user_ = user;
  // In a user namespace the host's root has the number of nobody.
  const auto root = TRY(sys::stat_fd(walk.at_.get()));
  walk.root_ = {0, root.st_uid};
  return walk;
}

Result<void> LinkWalk::enter(const std::string& name) {
  std::vector<std::string> ahead{name};  // the next one last
  while (!ahead.empty()) {
    const std::string next = std::move(ahead.back());
    ahead.pop_back();
    const std::string target = TRY(target_of(next));
    if (target.empty()) {
      at_ = TRY(sys::open_at(at_.get(), next, O_PATH | O_DIRECTORY | O_NOFOLLOW));
      continue;
    }
    if (++links_ > kMostLinks) return Error("there are too many links in its path");
    if (target.starts_with('/')) at_ = TRY(open_root());
    const auto names = names_in(target);
    ahead.insert(ahead.end(), names.rbegin(), names.rend());
  }
  return {};
}

Result<std::string> LinkWalk::target_of(const std::string& name) {
  const Fd held = TRY(sys::open_at(at_.get(), name, O_PATH | O_NOFOLLOW));
  const auto found = TRY(sys::stat_fd(held.get()));
  if (!S_ISLNK(found.st_mode)) return std::string();
  const bool is_roots = std::ranges::find(root_, found.st_uid) != root_.end();
  if (!is_roots && found.st_uid != user_) {
    return Error(cat(quote(name), " in its path is a link of uid ", found.st_uid,
                     ", who is neither root nor the task's user"))
        .hint("name the directory that it leads to, if it shall be that one");
  }
  is_users_choice_ = is_users_choice_ || !is_roots;
  return sys::read_link(held.get(), "");
}

}  // namespace slipway::sandbox
