// Whose links a path leads through.
#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::sandbox {

// The names that a path is made of, "." left out and ".." not.
std::vector<std::string> names_in(std::string_view path);

// Goes along a path from the root, as who the process is now (path_resolution(7)). A link on the
// way is followed where it is root's or the user's own: what lies behind somebody else's is
// wherever that one wants it, and not every kernel minds (fs.protected_symlinks). What is followed
// is the link that was looked at.
class LinkWalk {
 public:
  static Result<LinkWalk> begin(uid_t user);

  // Where `name` is a link, the links on the way to its target are looked at like those before it.
  Result<void> enter(const std::string& name);

  // The directory that it has come to (O_PATH).
  [[nodiscard]] int at() const { return at_.get(); }
  // Whether a link on the way was not root's: who owns it has chosen where this is.
  [[nodiscard]] bool is_users_choice() const { return is_users_choice_; }

 private:
  LinkWalk() = default;
  // Of a link that may be followed; empty where `name` is no link.
  Result<std::string> target_of(const std::string& name);

  Fd at_;
  int links_ = 0;  // that were followed
  bool is_users_choice_ = false;
  uid_t user_ = 0;
  std::array<uid_t, 2> root_{};
};

}  // namespace slipway::sandbox
