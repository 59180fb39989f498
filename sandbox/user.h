// Who the task is: the passwd and group databases, and the change of identity.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // sorted, each once; those of initgroups(3), so `gid` is among them
  std::string name;           // empty where the passwd database does not know the uid
  std::string home;
  std::string shell;
};

// For people: 'name', or "uid 7" where it has none. Pure.
std::string name_of(const User& user);

// Refuses what no user can be called: "", "-1", "4294967295" (the uid that means "no change" to
// setresuid(2)), blanks at either end, ':', '/', control characters. Pure.
Result<void> check_user_name(std::string_view name);

// The user of that name; else, where the text is a plain decimal number, the user of that uid. Both
// need a passwd entry. Refuses what check_user_name() does.
Result<User> find_user(std::string_view name_or_number);

// The user of that name only, as getpwnam(3) has it: a name service may spell it otherwise in the
// answer. Refuses what check_user_name() does.
Result<User> find_user_by_name(std::string_view name);

// The user of that uid. Errors: the passwd database has none.
Result<User> find_user(uid_t uid);

// The user this process is, with the groups it really has. A uid without passwd entry is no error:
// name, home and shell are empty then.
Result<User> calling_user();

// Makes this process that user, irrevocably, and verifies it: real, effective, saved and file
// system ids, the supplementary groups, and that the way back to uid 0 is closed. A process that
// has the ids already is only verified; unless it is root it keeps its groups. Needs to be
// single-threaded, and CAP_SETUID and CAP_SETGID where something changes.
Result<void> become(const User& user);

// For its lifetime the calling thread opens files with that user's rights: file system uid and gid
// (setfsuid(2): the file capabilities go with the uid) and supplementary groups. Nothing happens
// where the process is not root or is that user. A way back that fails ends the process: it must
// not go on as somebody in between.
class AsUser {
 public:
  static Result<AsUser> enter(const User& user);
  AsUser(AsUser&& other) noexcept;
  AsUser& operator=(AsUser&&) = delete;
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
  ~AsUser();

 private:
  AsUser() = default;
  void leave();

  bool changed_ = false;
  std::vector<gid_t> groups_before_;
  uid_t uid_before_ = 0;
  gid_t gid_before_ = 0;
};

}  // namespace slipway::sandbox
