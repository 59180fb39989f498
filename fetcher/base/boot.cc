#include "fetcher/base/boot.h"

#include <time.h>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

Result<std::string> read_boot_id() {
  const Fd file = TRY(sys::open_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY));
  std::string text = TRY(sys::read_to_end(file.get(), 64));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() != 36) return Error("the kernel's boot_id is none");
  return text;
}

}  // namespace

Result<std::string> boot_id() {
  // Asked several times for each publication; no process outlives its boot.
  static const Result<std::string> id = read_boot_id();
  return id;
}

std::string boot_word() {
  const auto id = boot_id();
  return id ? *id : std::string();
}

std::chrono::seconds since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec);
}

}  // namespace slipway::fetcher
