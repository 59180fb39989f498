#include "mounts/mount_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace slipway::mounts {
namespace {

using sandbox::AbsolutePath;
using sandbox::SandboxPath;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

AbsolutePath absolute(std::string_view text) {
  return *AbsolutePath::parse(text);
}
Target relative(std::string_view text) {
  return *SandboxPath::parse(text);
}

class Refused : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(ContainerPath, Refused,
                         ::testing::Values("/", "/proc", "/proc/self", "/sys", "/sys/fs/cgroup",
                                           "/dev", "/dev/shm", "//dev//null"));
TEST_P(Refused, WithTheReason) {
  const auto checked = check_container_path(absolute(GetParam()));
  EXPECT_THAT(checked, FailsWith(HasSubstr("container_path '/")));
  EXPECT_THAT(checked.error().remedy(), HasSubstr("another container_path"));
}

class Legal : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(ContainerPath, Legal,
                         ::testing::Values("/process", "/device/x", "/system", "/tmp", "/a/proc",
                                           "/etc/passwd"));
TEST_P(Legal, IsAccepted) {
  EXPECT_THAT(check_container_path(absolute(GetParam())), IsOk());
}

TEST(PlaceTarget, PutsWhatLiesInTheSandboxThere) {
  const auto sandbox = absolute("/var/mesos/sandbox");
  EXPECT_EQ(place_target(absolute("/var/mesos/sandbox/a/b"), sandbox), relative("a/b"));
  EXPECT_EQ(place_target(absolute("/var/mesos/sandboxes"), sandbox),
            Target(absolute("/var/mesos/sandboxes")));
  EXPECT_EQ(place_target(sandbox, sandbox), Target(sandbox));
  EXPECT_EQ(place_target(absolute("/a"), std::nullopt), Target(absolute("/a")));
  EXPECT_EQ(place_target(relative("a"), sandbox), relative("a"));
}

TEST(PathBelow, ComparesWholeComponentsOfOneKind) {
  EXPECT_EQ(path_below(absolute("/a"), absolute("/a/b/c")), *SandboxPath::parse("b/c"));
  EXPECT_EQ(path_below(relative("a"), relative("a/b")), *SandboxPath::parse("b"));
  EXPECT_EQ(path_below(absolute("/a"), absolute("/ab")), std::nullopt);
  EXPECT_EQ(path_below(absolute("/a"), absolute("/a")), std::nullopt);
  EXPECT_EQ(path_below(absolute("/a"), relative("a/b")), std::nullopt);
}

}  // namespace
}  // namespace slipway::mounts
