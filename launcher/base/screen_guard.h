// What is drawn on a terminal goes away also where a signal ends the process.
#pragma once

#include <signal.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::launcher {

// ECMA-48: takes away the lines above the cursor, which stands at the start of the line below them.
std::string erased(std::size_t lines);

// One at a time. While it lives, a signal that would end the process (^C, SIGTERM, …) takes the
// drawn lines away first; signals that are ignored or handled stay as they are.
class ScreenGuard {
 public:
  // `fd`: borrowed, a terminal.
  explicit ScreenGuard(int fd);
  ~ScreenGuard();
  ScreenGuard(const ScreenGuard&) = delete;
  ScreenGuard& operator=(const ScreenGuard&) = delete;

  // Writes it; afterwards that many drawn lines stand above the cursor. No signal comes between.
  Result<void> write(std::string_view bytes, std::size_t lines);

 private:
  static constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  int fd_;
  std::array<struct sigaction, kEnding.size()> before_{};
};

}  // namespace slipway::launcher
