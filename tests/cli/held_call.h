// A launch that stands still in a system call, so that it can be looked at.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

// slipway under strace, which holds one call of a kind for a while: of each process the first, or
// the one of that number. Every call of that kind is told.
class HeldCall {
 public:
  HeldCall(const TempDir& dir, std::string_view call, int number = 1)
      : call_(call), number_(number), log_(dir / "strace") {
    EXPECT_EQ(::mkfifo(log_.c_str(), 0666), 0);
    EXPECT_EQ(::chmod(log_.c_str(), 0666), 0);
    auto opened = sys::open_at(AT_FDCWD, log_, O_RDWR);  // O_RDWR: waits for no writer
    EXPECT_TRUE(opened);
    pipe_ = *std::move(opened);
  }

  // -D: slipway itself is the process that is started, and strace no child of it.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& slipway) const {
    std::vector<std::string> all{"/usr/bin/strace",
                                 "-D",
                                 "-f",
                                 "-q",
                                 "-o",
                                 log_,
                                 "-e",
                                 "trace=" + call_,
                                 "-e",
                                 cat("inject=", call_, ":delay_enter=3000ms:when=", number_)};
    all.insert(all.end(), slipway.begin(), slipway.end());
    return all;
  }

  // Waits for the next call that is told; the pid of the process that makes it.
  pid_t is_reached() {
    std::size_t at = std::string::npos;
    while ((at = text_.find(call_ + "(", seen_)) == std::string::npos) {
      pollfd waited{pipe_.get(), POLLIN, 0};
      if (::poll(&waited, 1, 30'000) != 1) {
        ADD_FAILURE() << "no " << call_ << ": " << text_;
        return 0;
      }
      char buffer[4096];
      const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
      text_.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
    seen_ = at + 1;
    // Lines begin with the pid; others tell of processes that have ended.
    const std::size_t before = text_.rfind('\n', at);
    return static_cast<pid_t>(
        std::stol(text_.substr(before == std::string::npos ? 0 : before + 1)));
  }

 private:
  std::string call_;
  int number_;
  std::string log_;
  Fd pipe_;
  std::string text_;  // what strace has written
  std::size_t seen_ = 0;
};

}  // namespace slipway::tests
