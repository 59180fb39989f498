// Which sources are mounted, by the mount tables of all processes.
#include "sandbox/mount_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/base/sys.h"
#include "tests/support/result_matchers.h"

namespace slipway::sandbox {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::set<std::string> collected(std::string_view text) {
  std::set<std::string> words;
  collect_mount_sources(text, "slipway:", words);
  return words;
}

TEST(MountSources, EachIsCutAtItsCommas) {
  EXPECT_THAT(collected("1 2 0:3 / /a rw - overlay slipway:a,b,@1:2 rw,lowerdir=/x\n"
                        "2 2 0:3 / /b rw - overlay slipway:c rw\n"),
              UnorderedElementsAre("a", "b", "@1:2", "c"));
}

TEST(MountSources, OnlyWhatBeginsAFieldCounts) {
  EXPECT_THAT(collected("1 2 0:3 / /notslipway:a rw - tmpfs xslipway:b rw\n"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / / rw - overlay slipway:"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / / rw - overlay slipway:last"), UnorderedElementsAre("last"));
  EXPECT_THAT(collected(""), IsEmpty());
}

// As root: a namespace that only a child lives in.
TEST(MountSources, ThatOfAnotherProcessesNamespaceIsFoundForAsLongAsItLives) {
  const auto [from, to] = *sys::make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("slipway:of-a-child", "/mnt", "tmpfs", 0, nullptr) == 0;
    (void)sys::write_all(to.get(), mounted ? "x" : "-").has_value();
    ::pause();
    ::_exit(0);
  }
  std::byte byte[1];
  ASSERT_THAT(sys::read(from.get(), byte), tests::IsOk());
  ASSERT_EQ(static_cast<char>(byte[0]), 'x');
  ASSERT_OK_AND_ASSIGN(const MountSources alive, find_mount_sources("slipway:"));
  EXPECT_THAT(alive.words, Contains("of-a-child"));
  ::kill(child, SIGKILL);
  ASSERT_THAT(sys::wait_for(child), tests::IsOk());
  ASSERT_OK_AND_ASSIGN(const MountSources dead, find_mount_sources("slipway:"));
  EXPECT_THAT(dead.words, Not(Contains("of-a-child")));
}

}  // namespace
}  // namespace slipway::sandbox
