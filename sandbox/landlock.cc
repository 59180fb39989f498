// The Landlock half of confine.h: one rule set, written by hand over the three system calls.
#include <elf.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>

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

template <class T>
Result<T> read_struct(int fd, std::uint64_t offset) {
  T value{};
  const auto bytes = std::as_writable_bytes(std::span(&value, 1));
  if (TRY(sys::read_at(fd, bytes, offset)) != bytes.size()) return Error("an ELF file cut short");
  return value;
}

// The loader a dynamically linked program names (PT_INTERP, elf(5)): the kernel opens it for
// execution too, so it needs the right. Nothing for static programs and for other formats.
Result<std::optional<std::string>> loader_of(int program) {
  const Fd file = TRY(sys::reopen(program, O_RDONLY));
  const auto header = TRY(read_struct<Elf64_Ehdr>(file.get(), 0));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return std::optional<std::string>();
  }
  for (unsigned index = 0; index < header.e_phnum; ++index) {
    const auto offset = header.e_phoff + std::uint64_t{index} * sizeof(Elf64_Phdr);
    const auto segment = TRY(read_struct<Elf64_Phdr>(file.get(), offset));
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_filesz < 2 || segment.p_filesz > 4096) return Error("a strange ELF interpreter");
    std::string name(segment.p_filesz, '\0');
    const auto bytes = std::as_writable_bytes(std::span(name));
    const std::size_t count = TRY(sys::read_at(file.get(), bytes, segment.p_offset));
    name.resize(std::min(count, name.find('\0')));
    return std::optional(name);
  }
  return std::optional<std::string>();
}

Result<void> allow_program(int rules, int program) {
  constexpr std::uint64_t kRun = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
  TRY(allow(rules, program, kRun));
  if (const auto loader = TRY(loader_of(program))) {
    const Fd file = TRY(sys::open_at(AT_FDCWD, *loader, O_PATH));
    TRY(allow(rules, file.get(), kRun));
  }
  return {};
}

Result<void> add_rules(int rules, const FetchConfinement& allowed, std::uint64_t known) {
  const Fd root = TRY(sys::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  const bool any = allowed.execution == FetchConfinement::Execution::kAny;
  TRY(allow(rules, root.get(), any ? kRead | LANDLOCK_ACCESS_FS_EXECUTE : kRead));
  const Fd null = TRY(sys::open_at(AT_FDCWD, "/dev/null", O_PATH));
  TRY(allow(rules, null.get(),
            (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | kTruncate) & known));
  for (const int dir : allowed.writable_dirs) TRY(allow(rules, dir, (kRead | kWrite) & known));
  for (const int program : allowed.executables) TRY(allow_program(rules, program));
  return {};
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
    return Error("the kernel offers no Landlock (or only its first version)")
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
