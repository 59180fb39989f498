#include "sandbox/base/sys.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "sandbox/base/fd.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::sys {
namespace {

using tests::IsOk;

// As a shell or a service manager may have left standard output.
TEST(Sys, WritesAllWhereTheDescriptorDoesNotWait) {
  auto pipe = make_pipe();
  ASSERT_THAT(pipe, IsOk());
  const Fd& from = pipe->first;
  Fd& to = pipe->second;
  ASSERT_EQ(::fcntl(to.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string text(std::size_t{1} << 20, 'x');
  std::size_t count = 0;
  std::thread reader([&] {
    std::array<std::byte, 4096> piece;
    for (;;) {
      const auto some = read(from.get(), piece);
      if (!some || *some == 0) return;
      count += *some;
    }
  });
  EXPECT_THAT(write_all(to.get(), text), IsOk());
  to.reset();
  reader.join();
  EXPECT_EQ(count, text.size());
}

TEST(Sys, WhatIsWrittenBackIsAFile) {
  const tests::TempDir dir;
  const auto file = open_at(AT_FDCWD, dir.write("f", "content"), O_RDONLY);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(write_back(file->get()), IsOk());
  EXPECT_FALSE(write_back(-1));
}

}  // namespace
}  // namespace slipway::sys
