#include "mounts/namespace.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

namespace {

Result<void> write_file(const std::string& path, const std::string& text) {
  const Fd file = TRY(sys::open_at(AT_FDCWD, path, O_WRONLY));
  // The kernel takes a map in one write only (user_namespaces(7)).
  return sys::write_all(file.get(), text).context(path);
}

Result<std::string> read_file(const std::string& path) {
  const Fd file = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY));
  return sys::read_to_end(file.get(), 65536).context(path);
}

// Numbers separated by blanks and newlines, as in /proc/PID/uid_map.
std::vector<std::uint32_t> numbers_in(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  while (!text.empty()) {
    std::uint32_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc()) numbers.push_back(number);
    const auto used = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return numbers;
}

// Every id this namespace knows, mapped to itself: only what is mapped here can be mapped further.
Result<std::string> identity_map(const std::string& path) {
  const auto numbers = numbers_in(TRY(read_file(path)));  // inside, outside, count
  std::string map;
  for (std::size_t at = 0; at + 2 < numbers.size(); at += 3) {
    map += cat(numbers[at], ' ', numbers[at], ' ', numbers[at + 2], '\n');
  }
  if (map.empty()) return Error(cat(path, " is empty"));
  return map;
}

// A child, forked before the unshare and so still in the old user namespace with its rights, that
// writes the maps of this process when told to.
class MapWriter {
 public:
  static Result<MapWriter> start() {
    MapWriter writer;
    const std::string users = TRY(identity_map("/proc/self/uid_map"));
    const std::string groups = TRY(identity_map("/proc/self/gid_map"));
    auto [go_read, go_write] = TRY(sys::make_pipe());
    auto [answer_read, answer_write] = TRY(sys::make_pipe());
    const std::string process = cat("/proc/", ::getpid());
    const pid_t child = ::fork();
    if (child < 0) return Error::system(errno, "fork");
    if (child == 0) {
      go_write.reset();
      serve(go_read.get(), answer_write.get(), process, users, groups);
    }
    writer.child_ = child;
    writer.go_ = std::move(go_write);
    writer.answer_ = std::move(answer_read);
    return writer;
  }

  MapWriter(MapWriter&& other) noexcept
      : child_(std::exchange(other.child_, -1)),
        go_(std::move(other.go_)),
        answer_(std::move(other.answer_)) {}
  MapWriter& operator=(MapWriter&&) = delete;
  ~MapWriter() {
    go_.reset();  // end of file: the child goes without having written anything
    // No status is asked for: where an agent ignores SIGCHLD there is none (wait(2), ECHILD).
    if (child_ > 0) (void)sys::wait_for(child_);
  }

  Result<void> write_maps() {
    TRY(sys::write_all(go_.get(), "g"));
    std::array<std::byte, 1> problem{};
    if (TRY(sys::read(answer_.get(), problem)) == 0) return Error("the writing process died");
    const int number = std::to_integer<int>(problem[0]);
    if (number != 0) return Error::system(number, "write the id maps");
    return {};
  }

 private:
  MapWriter() = default;

  [[noreturn]] static void serve(int go, int answer, const std::string& process,
                                 const std::string& users, const std::string& groups) {
    std::array<std::byte, 1> byte{};
    const auto told = sys::read(go, byte);
    if (!told || *told == 0) ::_exit(0);
    auto written = write_file(process + "/uid_map", users);
    if (written) written = write_file(process + "/gid_map", groups);
    byte[0] = static_cast<std::byte>(written ? 0 : written.error().number());
    (void)sys::write_all(answer, byte);
    ::_exit(0);
  }

  pid_t child_ = -1;
  Fd go_;
  Fd answer_;
};

Result<Entered> enter_as_real_root() {
  auto done = sys::unshare(CLONE_NEWNS);
  if (!done)
    return explain_refusal(std::move(done).error(), Privilege::kRealRoot, Refusal::kOfNamespaces);
  return Entered{};
}

Result<Entered> enter_as_root_for_user() {
  auto writer = TRY(MapWriter::start());
  if (auto both = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS); !both) {
    TRY(enter_as_real_root());
    return Entered{
        explain_refusal(std::move(both).error(), Privilege::kRootForUser, Refusal::kOfNamespaces)};
  }
  if (auto mapped = writer.write_maps(); !mapped) {
    return explain_refusal(std::move(mapped).error(), Privilege::kRootForUser, Refusal::kOfMounts);
  }
  return Entered{};
}

Result<Entered> enter_as_ordinary_user() {
  // Asked before: afterwards they are those of nobody until the maps are written.
  const std::string own_user = cat(::geteuid(), ' ', ::geteuid(), " 1\n");
  const std::string own_group = cat(::getegid(), ' ', ::getegid(), " 1\n");
  if (auto both = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS); !both) {
    return explain_refusal(std::move(both).error(), Privilege::kOrdinaryUser,
                           Refusal::kOfNamespaces);
  }
  // user_namespaces(7): without privilege a gid map needs setgroups(2) to be given up first.
  // AppArmor's restriction lets the namespace come into being and refuses what is done in it.
  for (const auto& [file, text] :
       {std::pair("/proc/self/setgroups", std::string("deny")),
        std::pair("/proc/self/uid_map", own_user), std::pair("/proc/self/gid_map", own_group)}) {
    if (auto written = write_file(file, text); !written) {
      return explain_refusal(std::move(written).error(), Privilege::kOrdinaryUser,
                             Refusal::kOfMounts);
    }
  }
  return Entered{};
}

struct Obstacle {
  const char* file;   // below /proc/sys
  const char* value;  // that forbids
  bool for_root;      // holds for root too
  const char* cause;
  const char* remedy;
};

constexpr const char* kAllowAppArmor =
    "load an AppArmor profile for slipway that allows userns, or run slipway as root";

constexpr std::array<Obstacle, 4> kObstacles = {{
    {"user/max_user_namespaces", "0", true, "user.max_user_namespaces is 0 on this host",
     "as root: sysctl -w user.max_user_namespaces=15000"},
    {"user/max_mnt_namespaces", "0", true, "user.max_mnt_namespaces is 0 on this host",
     "as root: sysctl -w user.max_mnt_namespaces=15000"},
    {"kernel/unprivileged_userns_clone", "0", false,
     "kernel.unprivileged_userns_clone is 0 on this host",
     "as root: sysctl -w kernel.unprivileged_userns_clone=1, or run slipway as root"},
    {"kernel/apparmor_restrict_unprivileged_userns", "1", false,
     "AppArmor restricts user namespaces on this host "
     "(kernel.apparmor_restrict_unprivileged_userns is 1)",
     kAllowAppArmor},
}};

bool stands_in_the_way(const Obstacle& obstacle, Privilege privilege, int settings) {
  if (privilege != Privilege::kOrdinaryUser && !obstacle.for_root) return false;
  const auto file = sys::open_at(settings, obstacle.file, O_RDONLY);
  if (!file) return false;  // this kernel has no such setting
  const auto text = sys::read_to_end(file->get(), 64);
  return text && text->substr(0, text->find('\n')) == obstacle.value;
}

// proc_pid_status(5): 2 is SECCOMP_MODE_FILTER.
bool is_filtered(int own_status) {
  const auto text = sys::read_to_end(own_status, 65536);
  return text && text->find("\nSeccomp:\t2\n") != std::string::npos;
}

struct Verdict {
  const char* cause;
  const char* remedy;
};

Verdict judge(const Error& refused, Privilege privilege, Refusal what,
              const HostSettings& settings) {
  for (const auto& obstacle : kObstacles) {
    if (stands_in_the_way(obstacle, privilege, settings.sysctl)) {
      return {obstacle.cause, obstacle.remedy};
    }
  }
  if (refused.number() == ENOSPC || refused.number() == EUSERS) {
    return {"a limit on namespaces is used up",
            "raise user.max_user_namespaces and user.max_mnt_namespaces (sysctl), or nest less "
            "deeply"};
  }
  if (is_filtered(settings.own_status)) {
    return {
        "a seccomp filter is in force for this process (Seccomp: 2 in /proc/self/status), as "
        "container runtimes install one",
        "start the container with a seccomp profile that allows unshare and mount (docker: "
        "--security-opt seccomp=… or --cap-add SYS_ADMIN), or run slipway outside of it"};
  }
  if (what == Refusal::kOfMounts && privilege == Privilege::kOrdinaryUser) {
    return {
        "the user namespace came into being without its capabilities, the symptom of "
        "AppArmor's restriction (kernel.apparmor_restrict_unprivileged_userns)",
        kAllowAppArmor};
  }
  if (privilege == Privilege::kRealRoot) {
    return {"root lacks CAP_SYS_ADMIN here, as in most containers",
            "give the container CAP_SYS_ADMIN, or run slipway outside of it"};
  }
  return {"a container's policy may forbid it, or the process is in a chroot",
          "run slipway outside of it, or as root with CAP_SYS_ADMIN"};
}

}  // namespace

Error explain_refusal(Error refused, Privilege privilege, Refusal what,
                      const HostSettings& settings) {
  const Verdict verdict = judge(refused, privilege, what, settings);
  return std::move(refused)
      .context(verdict.cause)
      .context("volumes need namespaces that this host refuses")
      .hint(verdict.remedy);
}

Error explain_refusal(Error refused, Privilege privilege, Refusal what) {
  const auto sysctl = sys::open_at(AT_FDCWD, "/proc/sys", O_PATH | O_DIRECTORY);
  const auto status = sys::open_at(AT_FDCWD, "/proc/self/status", O_RDONLY);
  return explain_refusal(std::move(refused), privilege, what,
                         {sysctl ? sysctl->get() : -1, status ? status->get() : -1});
}

Result<Entered> enter_namespaces(Privilege privilege) {
  switch (privilege) {
    case Privilege::kRealRoot:
      return enter_as_real_root();
    case Privilege::kRootForUser:
      return enter_as_root_for_user();
    case Privilege::kOrdinaryUser:
      return enter_as_ordinary_user();
  }
  return Error("an unknown kind of privilege");
}

}  // namespace slipway::mounts
