// What the task may do in the namespaces, whose rights the mounts are made with, and what happens
// where there are no namespaces to be had.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "mounts/namespace.h"
#include "sandbox/base/sys.h"
#include "tests/kernel/private_host.h"
#include "tests/support/in_child.h"
#include "tests/support/result_matchers.h"
#include "tests/support/seccomp.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using mounts::Access;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class Rights : public ::testing::TestWithParam<Who> {};

INSTANTIATE_TEST_SUITE_P(By, Rights, ::testing::Values(Who::kRootForUser, Who::kUser),
                         [](const auto& test) { return name_of(test.param); });

constexpr const char* kNoCapabilities = "0000000000000000";

TEST_P(Rights, TheTaskHasItsIdsAndNoCapabilityNotEvenInTheBoundingSet) {
  in_private_host([] {
    make_directory("/mnt/host");
    const auto seen = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"ids", "caps", "nnp", "fds"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["Uid"], "65534 65534 65534 65534");
    EXPECT_EQ(seen["Gid"], "65534 65534 65534 65534");
    EXPECT_EQ(seen["Groups"], GetParam() == Who::kRootForUser ? "65534" : "");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_EQ(seen[set], kNoCapabilities) << set;
    }
    EXPECT_EQ(seen["NoNewPrivs"], "1");
    EXPECT_EQ(seen["fds"], "0 1 2");
    EXPECT_EQ(seen.without_user_namespace, "");
  });
}

TEST_P(Rights, TheTaskCannotMakeAReadOnlyVolumeWritable) {
  in_private_host([] {
    make_directory("/mnt/host", 0777);
    const auto seen = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"remount", "/container", "writable", "/container", "nested-remount",
                              "/container", "writable", "/container"});
    EXPECT_EQ(seen.error, "");
    for (const char* attempt : {"remount", "remount-setattr", "remount-umount"}) {
      EXPECT_EQ(seen[attempt], "EPERM") << attempt;
    }
    EXPECT_EQ(seen["nested-unshare"], "ok");
    EXPECT_EQ(seen["nested-remount"], "EPERM");
    EXPECT_EQ(seen["nested-remount-setattr"], "EPERM");
    EXPECT_THAT(seen["nested-remount-umount"], AnyOf("EPERM", "EINVAL"));
    EXPECT_THAT(seen.all("create"), ::testing::ElementsAre("EROFS", "EROFS"));
  });
}

TEST_P(Rights, ASourceTheUserCannotReachIsAnError) {
  in_private_host([] {
    make_directory("/mnt/private", 0700);
    make_directory("/mnt/private/data", 0777);
    const auto seen =
        launch(GetParam(), {{"/mnt/private/data", "data", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("'/mnt/private/data'"));
    EXPECT_THAT(seen.error, HasSubstr("Permission denied"));
  });
}

TEST_P(Rights, ATargetTheUserCannotReachIsAnError) {
  in_private_host([] {
    make_directory("/mnt/host");
    make_directory("/mnt/private", 0700);
    make_directory("/mnt/private/data", 0777);
    const auto seen =
        launch(GetParam(), {{"/mnt/host", "/mnt/private/data", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("Permission denied"));
  });
}

TEST_P(Rights, AMagicLinkIsNoSource) {
  in_private_host([] {
    const auto seen = launch(GetParam(), {{"/proc/self/cwd", "data", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("'/proc/self/cwd'"));
  });
}

TEST_P(Rights, OnlyALinkTheUserCouldNotHaveMadeIsFollowedInATarget) {
  in_private_host([] {
    make_directory("/mnt/host", 0755, kNobody);
    make_file("/mnt/host/file", "from the host");
    make_directory("/mnt/real", 0755);
    make_directory("/mnt/theirs", 0755, kNobody);
    must(::symlink("real", "/mnt/link") == 0, "symlink");
    must(::symlink("../real", "/mnt/theirs/link") == 0, "symlink");
    const auto followed = launch(GetParam(), {{"/mnt/host", "/mnt/link", Access::kReadOnly}},
                                 {"read", "/mnt/real/file"});
    EXPECT_EQ(followed.error, "");
    EXPECT_EQ(followed["read"], "from the host");
    const auto refused =
        launch(GetParam(), {{"/mnt/host", "/mnt/theirs/link", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(refused.error, HasSubstr("'/mnt/theirs/link' is a symbolic link"));
  });
}

// On kernels and under filters that lack the new calls the volume is made read-only by mount(2).
TEST_P(Rights, TheTaskCannotMakeAReadOnlyVolumeWritableOnOldKernelsEither) {
  for (const auto kernel : {Kernel::kWithoutMountSetattr, Kernel::kClassic}) {
    in_private_host(kernel, [] {
      make_directory("/mnt/host", 0777);
      make_directory("/mnt/host/sub", 0777);
      mount_memory("/mnt/host/sub");
      const auto seen = launch(GetParam(), {{"/mnt/host", "/container", Access::kReadOnly}},
                               {"remount", "/container/sub", "writable", "/container/sub",
                                "nested-remount", "/container", "writable", "/container"});
      EXPECT_EQ(seen.error, "");
      for (const char* attempt : {"remount", "remount-umount", "nested-remount"}) {
        EXPECT_EQ(seen[attempt], "EPERM") << attempt;
      }
      EXPECT_THAT(seen.all("create"), ::testing::ElementsAre("EROFS", "EROFS"));
    });
  }
}

// user_namespaces(7): the limit belongs to the namespace it is written in, so the host keeps its
// own.
void forbid_user_namespaces() {
  must(mounts::enter_namespaces(mounts::Privilege::kRootForUser).has_value(), "a user namespace");
  const auto limit = sys::open_at(AT_FDCWD, "/proc/sys/user/max_user_namespaces", O_WRONLY);
  must(limit.has_value(), "open max_user_namespaces");
  must(sys::write_all(limit->get(), "0").has_value(), "write max_user_namespaces");
}

TEST(Namespaces, AnOrdinaryUserWithoutThemGetsAnErrorThatNamesTheSetting) {
  in_private_host([] {
    make_directory("/mnt/host");
    forbid_user_namespaces();
    const auto seen = launch(Who::kUser, {{"/mnt/host", "data", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("user.max_user_namespaces is 0"));
    EXPECT_THAT(seen.remedy, HasSubstr("sysctl -w user.max_user_namespaces"));
    EXPECT_EQ(seen["cwd"], "(none)") << "the probe ran without its volume";
  });
}

TEST(Namespaces, RootForAUserGoesWithAMountNamespaceAloneAndSaysSo) {
  in_private_host([] {
    make_directory("/mnt/host", 0777);
    forbid_user_namespaces();
    const auto seen = launch(Who::kRootForUser, {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"writable", "/container", "caps", "ids"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.without_user_namespace, HasSubstr("user.max_user_namespaces is 0"));
    EXPECT_EQ(seen["create"], "EROFS");
    EXPECT_EQ(seen["CapBnd"], kNoCapabilities);
    EXPECT_EQ(seen["Uid"], "65534 65534 65534 65534");
  });
}

// As container runtimes do.
TEST(Namespaces, ASeccompFilterThatForbidsThemIsNamed) {
  in_private_host([] {
    make_directory("/mnt/host");
    deny_calls({SYS_unshare}, EPERM);
    for (const auto who : {Who::kRoot, Who::kRootForUser, Who::kUser}) {
      const auto seen = launch(who, {{"/mnt/host", "data", Access::kReadOnly}}, {"cwd"});
      EXPECT_THAT(seen.error, HasSubstr("a seccomp filter is in force"));
      EXPECT_THAT(seen.remedy, HasSubstr("seccomp profile"));
      EXPECT_EQ(seen["cwd"], "(none)") << "the probe ran without its volume";
      must(::rmdir("/mnt/sandbox/.slipway") == 0 && ::rmdir("/mnt/sandbox") == 0, "rmdir");
    }
  });
}

TEST(Namespaces, MountsThatAreForbiddenInThemAreAnError) {
  in_private_host([] {
    make_directory("/mnt/host");
    deny_calls({SYS_mount, SYS_mount_setattr, SYS_open_tree, SYS_move_mount}, EPERM);
    const auto seen = launch(Who::kUser, {{"/mnt/host", "data", Access::kReadOnly}}, {"cwd"});
    EXPECT_THAT(seen.error, HasSubstr("a seccomp filter is in force"));
    EXPECT_EQ(seen["cwd"], "(none)") << "the probe ran without its volume";
  });
}

TEST(Namespaces, WithoutVolumesNoneIsNeeded) {
  in_private_host([] {
    forbid_user_namespaces();
    const auto seen = launch(Who::kUser, {}, {"cwd"});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen["cwd"], "/mnt/sandbox");
  });
}

// All ids stay themselves, so files of others show their real owners to a user root has launched.
TEST(Namespaces, RootForAUserKeepsEveryIdExact) {
  in_private_host([] {
    make_directory("/mnt/host", 0755, 1234);
    const auto seen =
        launch(Who::kRootForUser, {{"/mnt/host", "data", Access::kReadOnly}}, {"stat", "data"});
    EXPECT_EQ(seen["stat"], "directory 0755 1234 1234");
  });
}

TEST(Namespaces, OneInsideTheOtherWorks) {
  in_private_host([] {
    make_directory("/mnt/host", 0755, kNobody);
    must(mounts::enter_namespaces(mounts::Privilege::kRootForUser).has_value(), "a user namespace");
    for (const auto who : {Who::kRootForUser, Who::kUser}) {
      const auto seen =
          launch(who, {{"/mnt/host", "/container", Access::kReadOnly}}, {"writable", "/container"});
      EXPECT_EQ(seen.error, "");
      EXPECT_EQ(seen["create"], "EROFS");
    }
  });
}

// The outer one has put a memory directory of the task's user over "/": the user can alter nothing
// in it.
TEST(Namespaces, AUsersInsideAUsersWorksWhereTheOuterOneExtendedTheRoot) {
  in_private_host([] {
    make_source();
    const int answer =
        launch_and(Who::kUser, {{"/mnt/host", "/outer/place", Access::kReadOnly}}, [] {
          const auto inner = launch(Who::kUser, {{"/mnt/host", "/inner/place", Access::kReadOnly}},
                                    {"read", "/inner/place/file", "read", "/outer/place/file"});
          EXPECT_EQ(inner.error, "");
          EXPECT_THAT(inner.all("read"), ::testing::ElementsAre("from the host", "from the host"));
          const auto by_link =
              launch(Who::kUser, {{"/mnt/host", "/bin", Access::kReadOnly}}, {"read", "/bin/file"});
          EXPECT_EQ(by_link.error, "");
          return ::testing::Test::HasFailure() ? 1 : 0;
        });
    EXPECT_EQ(answer, 0);
  });
}

// user_namespaces(7): since Linux 5.12 who maps uid 0 needs CAP_SETFCAP.
TEST(Namespaces, RootForAUserWithoutTheRightToMapGoesWithAMountNamespaceAlone) {
  in_private_host([] {
    make_directory("/mnt/host", 0777);
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    must(::syscall(SYS_capget, &header, sets.data()) == 0, "capget");
    sets[0].effective &= ~(1U << CAP_SETFCAP);
    sets[0].permitted &= ~(1U << CAP_SETFCAP);
    must(::syscall(SYS_capset, &header, sets.data()) == 0, "capset");
    const auto seen = launch(Who::kRootForUser, {{"/mnt/host", "/container", Access::kReadOnly}},
                             {"writable", "/container", "caps"});
    EXPECT_EQ(seen.error, "");
    EXPECT_THAT(seen.without_user_namespace, HasSubstr("CAP_SETFCAP"));
    EXPECT_EQ(seen["create"], "EROFS");
    EXPECT_EQ(seen["CapBnd"], kNoCapabilities);
  });
}

// Each call alone may be what a filter does not know.
TEST(Namespaces, AnyOneOfTheNewCallsMayBeMissing) {
  for (const long call : {SYS_open_tree, SYS_move_mount, SYS_mount_setattr, SYS_fsopen,
                          SYS_fsconfig, SYS_fsmount, SYS_openat2}) {
    in_private_host([call] {
      make_source();
      deny_calls({call}, EPERM);
      const auto seen = launch(Who::kRootForUser, {{"/mnt/host", "/container", Access::kReadOnly}},
                               {"read", "/container/file"});
      EXPECT_EQ(seen.error, "") << call;
      EXPECT_EQ(seen["read"], "from the host") << call;
    });
  }
}

// bubblewrap once hung and others failed where the agent ignored SIGCHLD: there is no child to wait
// for then (wait(2)).
TEST(Namespaces, AnIgnoredSigchldDoesNotMatter) {
  in_private_host([] {
    make_directory("/mnt/host");
    in_child([] {
      ::signal(SIGCHLD, SIG_IGN);
      const auto entered = mounts::enter_namespaces(mounts::Privilege::kRootForUser);
      EXPECT_THAT(entered, IsOk());
    });
  });
}

}  // namespace
}  // namespace slipway::tests
