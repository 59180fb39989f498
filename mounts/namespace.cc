#include "mounts/namespace.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
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

#include "mounts/refusal.h"
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

// user_namespaces(7): since Linux 5.12 who maps uid 0 needs this capability. It is asked for
// before, because there is no way back out of a user namespace without maps.
bool may_map_every_id() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  constexpr std::uint32_t kNeeded = 1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_SETFCAP;
  return (sets[0].effective & kNeeded) == kNeeded;
}

Result<Entered> enter_as_root_for_user() {
  if (!may_map_every_id()) {
    TRY(enter_as_real_root());
    return Entered{Error("root lacks CAP_SETFCAP, CAP_SETUID or CAP_SETGID here, as in a container")
                       .hint("give the container these capabilities")};
  }
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

}  // namespace

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
