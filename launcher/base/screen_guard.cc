#include "launcher/base/screen_guard.h"

#include <unistd.h>

#include <algorithm>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// What the handler writes, ready-made: it may call next to nothing (signal-safety(7)).
struct Ready {
  int fd = -1;
  std::size_t size = 0;
  char bytes[32] = {};
};
Ready ready;

extern "C" void erase_and_end(int number) {
  (void)!::write(ready.fd, ready.bytes, ready.size);  // nobody is left to see it
  ::signal(number, SIG_DFL);
  ::raise(number);  // which is blocked until this function returns
}

}  // namespace

std::string erased(std::size_t lines) {
  return lines == 0 ? std::string() : cat("\r\x1b[", lines, "A\x1b[J");
}

ScreenGuard::ScreenGuard(int fd) : fd_(fd) {
  ready = {fd, 0, {}};
  struct sigaction ours {};
  ours.sa_handler = erase_and_end;
  ::sigfillset(&ours.sa_mask);
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    ::sigaction(kEnding[i], nullptr, &before_[i]);
    if (before_[i].sa_handler == SIG_DFL) ::sigaction(kEnding[i], &ours, nullptr);
  }
}

ScreenGuard::~ScreenGuard() {
  for (std::size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &before_[i], nullptr);
}

Result<void> ScreenGuard::write(std::string_view bytes, std::size_t lines) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  auto written = sys::write_all(fd_, bytes);
  const std::string erasure = written ? erased(lines) : std::string();
  ready.size = std::min(erasure.size(), sizeof ready.bytes);
  std::copy_n(erasure.data(), ready.size, ready.bytes);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return written;
}

}  // namespace slipway::launcher
