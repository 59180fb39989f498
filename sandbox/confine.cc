#include "sandbox/confine.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "sandbox/base/sys.h"

namespace slipway::sandbox {

namespace {

Error failed(std::string_view call) {
  const int number = errno;
  return Error::system(number, std::string(call));
}

rlim_t callers_core_limit = 0;  // the soft one; 0: nothing to put back

using CapabilityWords = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

__user_cap_header_struct header_of_this_thread() {
  return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

bool is_empty(const CapabilityWords& words) {
  for (const auto& word : words) {
    if ((word.effective | word.permitted | word.inheritable) != 0) return false;
  }
  return true;
}

// For kernels before 5.9, which have no close_range(2).
Result<void> close_listed(int first, int last) {
  Fd listing = TRY(sys::open_at(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY));
  for (const auto& entry : TRY(sys::list(listing.get()))) {
    int number = -1;
    std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), number);
    if (number >= first && number <= last && number != listing.get()) ::close(number);
  }
  return {};
}

Result<void> close_between(int first, int last) {
  if (::syscall(SYS_close_range, first, last, 0) == 0) return {};
  if (errno != ENOSYS && errno != EPERM) return failed("close_range");
  return close_listed(first, last);
}

// Keeps those of the first 32 capabilities that are in `wanted` and in the permitted set.
Result<void> keep_capabilities(std::uint32_t wanted) {
  // EINVAL: a kernel without ambient capabilities has none to drop.
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    return failed("drop the ambient capabilities");
  }
  auto header = header_of_this_thread();
  CapabilityWords words{};
  if (::syscall(SYS_capget, &header, words.data()) != 0) return failed("read the capabilities");
  const std::uint32_t kept = words[0].permitted & wanted;
  CapabilityWords reduced{};
  reduced[0].permitted = reduced[0].effective = kept;
  header = header_of_this_thread();
  if (::syscall(SYS_capset, &header, reduced.data()) != 0) return failed("drop the capabilities");
  header = header_of_this_thread();
  if (::syscall(SYS_capget, &header, words.data()) != 0) return failed("read the capabilities");
  words[0].permitted &= ~kept;
  words[0].effective &= ~kept;
  if (!is_empty(words)) return Error("the capabilities are still there after dropping them");
  return {};
}

constexpr std::size_t kKernelSetSize = (_NSIG - 1) / 8;

// Whether it is one of the two that glibc keeps for itself, with the handler by which the threads
// of this process learn that one of them changes its user (nptl(7)). Without it that would end all;
// exec(2) makes the default of it by itself.
bool is_handled_by_glibc(int number) {
  if (number < __SIGRTMIN || number >= SIGRTMIN) return false;
  // Handler first, as the kernel has it on every architecture but MIPS.
  std::array<unsigned long, 16> action{};
  ::syscall(SYS_rt_sigaction, number, nullptr, action.data(), kKernelSetSize);
  return action[0] > reinterpret_cast<std::uintptr_t>(SIG_IGN);
}

}  // namespace

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("set no_new_privs");
  return {};
}

Result<void> drop_bounding_set() {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    const int present = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (present < 0 && errno == EINVAL) break;  // beyond the last one this kernel knows
    if (present < 0) return failed("read the capability bounding set");
    if (present == 1 && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return failed("drop the capability bounding set")
          .hint(
              "root needs CAP_SETPCAP for that: give it to the container or unit in which slipway "
              "runs");
    }
  }
  return {};
}

Result<void> drop_capabilities() {
  return keep_capabilities(0);
}

Result<void> keep_file_capabilities() {
  return keep_capabilities(1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER);
}

Result<void> regain_dac_override() {
  auto header = header_of_this_thread();
  CapabilityWords words{};
  if (::syscall(SYS_capget, &header, words.data()) != 0) return failed("read the capabilities");
  words[0].effective |= words[0].permitted & 1U << CAP_DAC_OVERRIDE;
  header = header_of_this_thread();
  if (::syscall(SYS_capset, &header, words.data()) != 0) return failed("regain a capability");
  return {};
}

void survive_failed_writes() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

void forbid_core_dumps() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur == 0) return;
  callers_core_limit = limit.rlim_cur;
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &limit);
}

void allow_core_dumps() {
  rlimit limit{};
  if (callers_core_limit == 0 || ::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = callers_core_limit;
  ::setrlimit(RLIMIT_CORE, &limit);
}

void reset_signals() {
  // The plain system call: glibc refuses the two signals it keeps for itself, and a parent may have
  // ignored those too. All zeros is the default action in every layout of the kernel's struct.
  const std::array<unsigned long, 16> default_action{};
  for (int number = 1; number < _NSIG; ++number) {
    if (is_handled_by_glibc(number)) continue;
    ::syscall(SYS_rt_sigaction, number, default_action.data(), nullptr, kKernelSetSize);
  }
  const std::array<unsigned long, 16> none{};
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, none.data(), nullptr, kKernelSetSize);
}

Result<void> close_from(int first) {
  return close_between(first, std::numeric_limits<int>::max());
}

Result<void> close_from_but(int first, std::vector<int> kept) {
  std::ranges::sort(kept);
  for (const int each : kept) {
    if (each < first) continue;
    if (each > first) TRY(close_between(first, each - 1));
    first = each + 1;
  }
  return close_from(first);
}

Result<void> die_with(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("prctl PR_SET_PDEATHSIG");
  // One that ended before the call has been replaced by another.
  if (::getppid() != parent) ::_exit(1);
  return {};
}

}  // namespace slipway::sandbox
