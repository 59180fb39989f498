// The Landlock half of confine.h: one rule set, written by hand over the three system calls.
#include <elf.h>
#include <link.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/confine.h"
#include "sandbox/message_code.h"

namespace slipway::sandbox {

namespace {

// Rights newer than the oldest headers we build with (linux/landlock.h of Linux 6.2 and 6.10).
constexpr std::uint64_t kTruncate = 1ULL << 14;
constexpr std::uint64_t kIoctlDevice = 1ULL << 15;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                 LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kForbidden = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                     LANDLOCK_ACCESS_FS_MAKE_BLOCK | kIoctlDevice;

// What version `abi` (landlock_create_ruleset(2)) can restrict of all this.
std::uint64_t known_to(long abi) {
  std::uint64_t rights = kRead | kWrite | kForbidden;
  if (abi < 3) rights &= ~kTruncate;
  if (abi < 5) rights &= ~kIoctlDevice;
  return rights;
}

Error failed(std::string_view call) {
  const int number = errno;
  return Error::system(number, std::string(call));
}

Result<void> allow(int rules, int object, std::uint64_t rights) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = object;
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return failed("landlock_add_rule");
  }
  return {};
}

// The loader that this program names (PT_INTERP, elf(5)); nothing where it is linked statically.
// The kernel opens it for execution too, so it needs the right. Taken from memory: a program that
// its user may execute but not read names none to that user.
std::optional<std::string> own_loader() {
  std::optional<std::string> found;
  const auto look = [](dl_phdr_info* object, std::size_t, void* out) {
    for (const ElfW(Phdr) & segment : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
      if (segment.p_type != PT_INTERP) continue;
      // The address is the kernel's word for where the segment is.
      // NOLINTNEXTLINE(performance-no-int-to-ptr)
      const auto* name = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
      *static_cast<std::optional<std::string>*>(out) = name;
    }
    return 1;  // the first object is the program; no other is of interest
  };
  ::dl_iterate_phdr(look, &found);
  return found;
}

Result<void> allow_programs(int rules, const std::vector<int>& programs) {
  constexpr std::uint64_t kRun = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
  for (const int program : programs) TRY(allow(rules, program, kRun));
  const auto loader = programs.empty() ? std::nullopt : own_loader();
  if (!loader) return {};
  const Fd file = TRY(sys::open_at(AT_FDCWD, *loader, O_PATH));
  return allow(rules, file.get(), kRun);
}

Result<void> add_rules(int rules, const FetchConfinement& allowed, std::uint64_t known) {
  const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  const bool any = allowed.execution == FetchConfinement::Execution::kAny;
  TRY(allow(rules, root.get(), any ? kRead | LANDLOCK_ACCESS_FS_EXECUTE : kRead));
  const Fd null = TRY(sys::open_at(AT_FDCWD, "/dev/null", O_PATH));
  TRY(allow(rules, null.get(),
            (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | kTruncate) & known));
  for (const int dir : allowed.writable_dirs) TRY(allow(rules, dir, (kRead | kWrite) & known));
  return allow_programs(rules, allowed.executables);
}

}  // namespace

Result<long> landlock_version() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi >= 0) return abi;
  // EPERM: a container's seccomp filter that does not know the call.
  if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM) return 0L;
  return failed("landlock_create_ruleset");
}

Result<LandlockOutcome> confine_fetch_stage(const FetchConfinement& allowed) {
  const std::string doing = "confining the fetch stage with Landlock";
  TRY(forbid_new_privileges().context(doing));
  const long abi = TRY(landlock_version().context(doing));
  if (abi < kLeastLandlock && allowed.landlock == Landlock::kRequired) {
    return Error(kNoLandlock)
        .hint(
            "Linux 5.19 has what is needed; or unset require_landlock under [fetch] in the "
            "settings")
        .as(MessageCode::kLandlock);
  }
  if (abi < kLeastLandlock) return LandlockOutcome::kUnavailable;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = known_to(abi);
  // Only the first member: newer headers have more, which older kernels do not know.
  const long made =
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
  if (made < 0) return failed("landlock_create_ruleset").context(doing);
  const Fd rules(static_cast<int>(made));  // close-on-exec by itself
  TRY(add_rules(rules.get(), allowed, attributes.handled_access_fs).context(doing));
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    return failed("landlock_restrict_self").context(doing);
  }
  return LandlockOutcome::kConfined;
}

}  // namespace slipway::sandbox
