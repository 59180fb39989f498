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

// slipway under strace, which holds the first call of one kind for a while and says so.
class HeldCall {
 public:
  HeldCall(const TempDir& dir, std::string_view call) : call_(call), log_(dir / "strace") {
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
                                 cat("inject=", call_, ":delay_enter=1500ms:when=1")};
    all.insert(all.end(), slipway.begin(), slipway.end());
    return all;
  }

  // Waits for the call; the pid of the process that makes it.
  pid_t is_reached() {
    std::string text;
    while (text.find(call_ + "(") == std::string::npos) {
      pollfd waited{pipe_.get(), POLLIN, 0};
      if (::poll(&waited, 1, 30'000) != 1) {
        ADD_FAILURE() << "no " << call_ << ": " << text;
        return 0;
      }
      char buffer[4096];
      const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
      text.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
    // Lines begin with the pid; earlier ones tell of processes that have ended.
    const std::size_t before = text.rfind('\n', text.find(call_ + "("));
    return static_cast<pid_t>(std::stol(text.substr(before == std::string::npos ? 0 : before + 1)));
  }

 private:
  std::string call_;
  std::string log_;
  Fd pipe_;
};

}  // namespace slipway::tests
