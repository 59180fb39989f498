#include "tests/support/in_child.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "sandbox/base/sys.h"

namespace slipway::tests {

void in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(300);  // a hang, on however busy a machine
    body();
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  const auto status = sys::wait_for(child);
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(*status, 0) << "what failed in the child stands above";
}

}  // namespace slipway::tests
