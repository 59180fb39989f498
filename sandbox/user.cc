#include "sandbox/user.h"

#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/message_code.h"

namespace slipway::sandbox {

namespace {

constexpr int kExitGivingUp = 125;  // as wherever slipway fails before the executor runs
constexpr char kRootNeeds[] =
    "root needs CAP_SETUID and CAP_SETGID for that: give them to the container or unit in which "
    "slipway runs";
constexpr uid_t kNoId = static_cast<uid_t>(-1);  // "leave it as it is" to setresuid(2)

Error failed(std::string_view call) {
  const int number = errno;
  return Error::system(number, std::string(call));
}

std::vector<gid_t> sorted(std::vector<gid_t> groups) {
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

// getpwnam_r(3): these mean "no such entry" with one name service or another.
bool means_absent(int number) {
  return number == 0 || number == ENOENT || number == ESRCH || number == EBADF || number == EPERM;
}

// `lookup` is getpwnam_r or getpwuid_r with its key bound.
template <class Lookup>
Result<std::optional<User>> look_up(Lookup lookup) {
  std::vector<char> buffer(1024);
  for (;;) {
    passwd entry{};
    passwd* found = nullptr;
    const int number = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (number == ERANGE && buffer.size() < (std::size_t{1} << 20)) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (number == EINTR) continue;
    if (found != nullptr) {
      User user;
      user.uid = found->pw_uid;
      user.gid = found->pw_gid;
      user.name = found->pw_name;
      user.home = found->pw_dir;
      user.shell = found->pw_shell;
      return std::optional(std::move(user));
    }
    if (!means_absent(number)) return Error::system(number, "read the passwd database");
    return std::optional<User>();
  }
}

Result<std::optional<User>> look_up_name(const std::string& name) {
  return look_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwnam_r(name.c_str(), entry, buffer, size, found);
  });
}

Result<std::optional<User>> look_up_uid(uid_t uid) {
  return look_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwuid_r(uid, entry, buffer, size, found);
  });
}

Result<std::vector<gid_t>> groups_of(const User& user) {
  int count = 32;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0) {
    // count now says how many there are; NGROUPS_MAX is 65536.
    if (count > 65536) return Error(cat("user ", quote(user.name), " has too many groups"));
    const std::size_t wanted = static_cast<std::size_t>(std::max(count, 32));
    groups.resize(std::max(wanted, groups.size() * 2));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return sorted(std::move(groups));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::optional<uid_t> as_uid(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;  // octal to some readers
  uid_t uid = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (problem != std::errc() || end != text.data() + text.size() || uid == kNoId) {
    return std::nullopt;
  }
  return uid;
}

Result<std::vector<gid_t>> current_groups() {
  const int count = ::getgroups(0, nullptr);
  if (count < 0) return failed("getgroups");
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  const int got = ::getgroups(count, groups.data());
  if (got < 0) return failed("getgroups");
  groups.resize(static_cast<std::size_t>(got));
  return sorted(std::move(groups));
}

bool has_ids(const User& user) {
  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  ::getresuid(&real, &effective, &saved);
  ::getresgid(&real_group, &effective_group, &saved_group);
  // setfsuid(2) has no getter: an invalid id changes nothing and returns the present one.
  const auto file_uid = static_cast<uid_t>(::setfsuid(kNoId));
  const auto file_gid = static_cast<gid_t>(::setfsgid(kNoId));
  return real == user.uid && effective == user.uid && saved == user.uid && file_uid == user.uid &&
         real_group == user.gid && effective_group == user.gid && saved_group == user.gid &&
         file_gid == user.gid;
}

Result<void> switch_to(const User& user) {
  if (::setgroups(user.groups.size(), user.groups.data()) != 0) return failed("setgroups");
  if (::setresgid(user.gid, user.gid, user.gid) != 0) return failed("setresgid");
  if (::setresuid(user.uid, user.uid, user.uid) != 0) return failed("setresuid");
  if (TRY(current_groups()) != user.groups) return Error("the supplementary groups did not change");
  return {};
}

}  // namespace

std::string name_of(const User& user) {
  return user.name.empty() ? cat("uid ", user.uid) : quote(user.name);
}

Result<void> check_user_name(std::string_view name) {
  if (name.empty()) return Error("the user name is empty");
  const auto refuse = [&](std::string_view why) {
    return Error(cat(quote(name), " cannot be a user: ", why));
  };
  if (is_blank(name.front()) || is_blank(name.back())) return refuse("blank at its start or end");
  if (name.front() == '-') return refuse("it begins with '-'");
  if (name == "4294967295") return refuse("this number means \"no user\" to the kernel");
  for (const char c : name) {
    if (c == ':' || c == '/') return refuse(cat("it contains '", c, "'"));
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return refuse("it contains a control character");
    }
  }
  return {};
}

namespace {

enum class Called { kByName, kByNameOrNumber };
Result<User> find_called(std::string_view text, Called called) {
  TRY(check_user_name(text));
  const std::string doing = cat("looking up user ", quote(text));
  auto found = TRY(look_up_name(std::string(text)).context(doing));
  const auto uid = called == Called::kByName ? std::nullopt : as_uid(text);
  if (!found && uid) found = TRY(look_up_uid(*uid).context(doing));
  if (!found) {
    return Error(cat("there is no user ", quote(text), " on this host"))
        .hint("name a user that `getent passwd` knows");
  }
  found->groups = TRY(groups_of(*found).context(doing));
  return *std::move(found);
}

}  // namespace

Result<User> find_user(std::string_view name_or_number) {
  return find_called(name_or_number, Called::kByNameOrNumber);
}

Result<User> find_user_by_name(std::string_view name) {
  return find_called(name, Called::kByName);
}

Result<User> find_user(uid_t uid) {
  const std::string doing = cat("looking up uid ", uid);
  auto found = TRY(look_up_uid(uid).context(doing));
  if (!found) return Error(cat("there is no user with uid ", uid, " on this host"));
  found->groups = TRY(groups_of(*found).context(doing));
  return *std::move(found);
}

Result<User> calling_user() {
  const uid_t uid = ::geteuid();
  User user = TRY(look_up_uid(uid)).value_or(User());
  user.uid = uid;
  user.gid = ::getegid();
  user.groups = TRY(current_groups());
  return user;
}

Result<void> become(const User& user) {
  const std::string doing = cat("becoming user ", name_of(user));
  const bool root = ::geteuid() == 0;
  const bool complete = has_ids(user) && (!root || TRY(current_groups()) == user.groups);
  if (!complete) {
    TRY(switch_to(user).context(doing).hint(
        root ? kRootNeeds
             : "only root can start an executor as another user: run slipway as root or leave the "
               "user out"));
  }
  if (!has_ids(user)) return Error("the ids did not change").context(doing);
  // Has to fail: from here on nothing may lead back to root.
  if (user.uid != 0 && ::setuid(0) == 0) {
    return Error("the process can still make itself root").context(doing);
  }
  return {};
}

Result<AsUser> AsUser::enter(const User& user) {
  AsUser scope;
  if (::geteuid() != 0 || user.uid == 0) return scope;
  const std::string doing = cat("taking the rights of user ", name_of(user));
  if (const int bits = ::prctl(PR_GET_SECUREBITS);
      bits > 0 && (bits & SECBIT_NO_SETUID_FIXUP) != 0) {
    return Error("root's capabilities would stay (securebits)")
        .context(doing)
        .hint("take no-setuid-fixup out of the SecureBits= of the unit in which slipway runs")
        .as(MessageCode::kBecome);
  }
  scope.groups_before_ = TRY(current_groups().context(doing));
  if (::setgroups(user.groups.size(), user.groups.data()) != 0) {
    return failed("setgroups").context(doing).hint(kRootNeeds).as(MessageCode::kBecome);
  }
  scope.changed_ = true;  // from here on there is something to put back
  scope.gid_before_ = static_cast<gid_t>(::setfsgid(user.gid));
  scope.uid_before_ = static_cast<uid_t>(::setfsuid(user.uid));
  // Neither call reports failure; what counts is what is in force now.
  if (static_cast<gid_t>(::setfsgid(kNoId)) != user.gid ||
      static_cast<uid_t>(::setfsuid(kNoId)) != user.uid) {
    return Error::system(EPERM, "setfsuid")
        .context(doing)
        .hint(kRootNeeds)
        .as(MessageCode::kBecome);
  }
  return scope;
}

AsUser::AsUser(AsUser&& other) noexcept
    : changed_(std::exchange(other.changed_, false)),
      groups_before_(std::move(other.groups_before_)),
      uid_before_(other.uid_before_),
      gid_before_(other.gid_before_) {}

AsUser::~AsUser() {
  if (changed_) leave();
}

void AsUser::leave() {
  ::setfsuid(uid_before_);
  ::setfsgid(gid_before_);
  const bool back = ::setgroups(groups_before_.size(), groups_before_.data()) == 0 &&
                    static_cast<uid_t>(::setfsuid(kNoId)) == uid_before_ &&
                    static_cast<gid_t>(::setfsgid(kNoId)) == gid_before_;
  if (!back) {
    log::error(
        coded("cannot return from the rights of the task's user: giving up", MessageCode::kBecome));
    // Not abort(3): the memory of a process that was root belongs in no core file.
    ::_exit(kExitGivingUp);
  }
}

}  // namespace slipway::sandbox
