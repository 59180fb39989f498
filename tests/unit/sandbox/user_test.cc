// As root: they become other users in children of their own.
#include "sandbox/user.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sandbox/base/sys.h"
#include "tests/support/in_child.h"
#include "tests/support/nobody.h"
#include "tests/support/result_matchers.h"
#include "tests/support/seccomp.h"
#include "tests/support/temp_dir.h"

namespace slipway::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::in_child;
using tests::IsOk;
using tests::kNobody;

std::vector<gid_t> groups_now() {
  std::vector<gid_t> groups(65536);
  groups.resize(static_cast<std::size_t>(::getgroups(65536, groups.data())));
  return groups;
}

TEST(FindUser, ByNameAndByNumber) {
  ASSERT_OK_AND_ASSIGN(const User by_name, find_user("nobody"));
  ASSERT_OK_AND_ASSIGN(const User by_number, find_user("65534"));
  EXPECT_EQ(by_name.uid, kNobody);
  EXPECT_EQ(by_number.name, "nobody");
  EXPECT_EQ(by_number.groups, by_name.groups);
  EXPECT_TRUE(std::binary_search(by_name.groups.begin(), by_name.groups.end(), by_name.gid));
}

TEST(FindUser, RootHasItsHomeAndShell) {
  ASSERT_OK_AND_ASSIGN(const User root, find_user("root"));
  EXPECT_EQ(root.uid, 0U);
  EXPECT_EQ(root.home, "/root");
  EXPECT_FALSE(root.shell.empty());
}

class BadUser : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Names, BadUser,
                         ::testing::Values("", "-1", "4294967295", "4294967296", " root", "root ",
                                           "root:x", "../root", "ro\not", std::string("root\0x", 6),
                                           "0root", "00", "+0", "0x0", "no-such-user-here",
                                           "3999999999"));
TEST_P(BadUser, IsRefused) {
  EXPECT_FALSE(find_user(GetParam()).has_value());
}

TEST(FindUser, AnUnknownUserIsNamed) {
  EXPECT_THAT(find_user("no-such-user-here"), FailsWith(HasSubstr("'no-such-user-here'")));
  EXPECT_THAT(find_user("a\nb"), FailsWith(AllOf(HasSubstr("'a\\nb'"), HasSubstr("control"))));
}

TEST(CallingUser, IsTheProcess) {
  ASSERT_OK_AND_ASSIGN(const User user, calling_user());
  EXPECT_EQ(user.uid, ::geteuid());
  EXPECT_EQ(user.gid, ::getegid());
}

TEST(CallingUser, WithoutPasswdEntryIsNoError) {
  in_child([] {
    ASSERT_EQ(::setgroups(0, nullptr), 0);
    ASSERT_EQ(::setresgid(3999999, 3999999, 3999999), 0);
    ASSERT_EQ(::setresuid(3999999, 3999999, 3999999), 0);
    ASSERT_OK_AND_ASSIGN(const User user, calling_user());
    EXPECT_EQ(user.uid, 3999999U);
    EXPECT_EQ(user.name + user.home + user.shell, "");
    EXPECT_THAT(become(user), IsOk());
  });
}

TEST(Become, ChangesEveryIdAndTheGroupsForGood) {
  in_child([] {
    ASSERT_OK_AND_ASSIGN(User user, find_user("nobody"));
    user.groups = {4, 24, kNobody};
    ASSERT_THAT(become(user), IsOk());
    uid_t real = 0, effective = 0, saved = 0;
    ::getresuid(&real, &effective, &saved);
    EXPECT_THAT((std::vector{real, effective, saved}), ElementsAre(kNobody, kNobody, kNobody));
    EXPECT_THAT(groups_now(), ::testing::UnorderedElementsAre(4, 24, kNobody));
    EXPECT_NE(::setuid(0), 0);
    EXPECT_NE(::setgid(0), 0);
    EXPECT_THAT(become(user), IsOk()) << "already that user";
  });
}

TEST(Become, AnOrdinaryUserCannotBecomeAnother) {
  in_child([] {
    ASSERT_OK_AND_ASSIGN(const User nobody, find_user("nobody"));
    ASSERT_OK_AND_ASSIGN(const User daemon, find_user("daemon"));
    ASSERT_THAT(become(nobody), IsOk());
    EXPECT_THAT(become(daemon), FailsWith(HasSubstr("becoming user 'daemon'")));
    EXPECT_EQ(::geteuid(), kNobody);
  });
}

// A saved uid of 0 is one way back that a careless change leaves open.
TEST(Become, ASavedUidOfRootIsAnError) {
  in_child([] {
    ASSERT_OK_AND_ASSIGN(const User nobody, find_user("nobody"));
    ASSERT_EQ(::setresuid(kNobody, kNobody, 0), 0);
    EXPECT_THAT(become(nobody), FailsWith(HasSubstr("becoming user 'nobody'")));
  });
}

// A kept CAP_SETUID is another.
TEST(Become, ACapabilityThatLeadsBackToRootIsAnError) {
  in_child([] {
    ASSERT_OK_AND_ASSIGN(const User nobody, find_user("nobody"));
    ASSERT_EQ(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
    ASSERT_THAT(become(nobody), IsOk()) << "kept, but not in force";
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> words{};
    words[0].permitted = words[0].effective = 1U << CAP_SETUID;
    ASSERT_EQ(::syscall(SYS_capset, &header, words.data()), 0);
    EXPECT_THAT(become(nobody), FailsWith(HasSubstr("can still make itself root")));
  });
}

TEST(AsUser, OpensWithThatUsersRightsAndReturns) {
  const tests::TempDir dir;
  const std::string secret = dir.write("secret", "x", 0600);
  in_child([&] {
    ASSERT_OK_AND_ASSIGN(User user, find_user("nobody"));
    const auto groups_before = groups_now();
    {
      const auto rights = AsUser::enter(user);
      ASSERT_THAT(rights, IsOk());
      const auto denied = sys::open_at(AT_FDCWD, secret, O_RDONLY);
      ASSERT_FALSE(denied.has_value());
      EXPECT_TRUE(denied.error().is(std::errc::permission_denied));
      EXPECT_EQ(::geteuid(), 0U);
    }
    EXPECT_THAT(sys::open_at(AT_FDCWD, secret, O_RDONLY), IsOk());
    EXPECT_EQ(groups_now(), groups_before);
  });
}

TEST(AsUser, TakesTheGroupsToo) {
  const tests::TempDir dir;
  const std::string shared = dir.write("shared", "x", 0640);
  ASSERT_EQ(::chown(shared.c_str(), 0, 24), 0);
  in_child([&] {
    ASSERT_OK_AND_ASSIGN(User user, find_user("nobody"));
    user.groups = {24, kNobody};
    const auto rights = AsUser::enter(user);
    ASSERT_THAT(rights, IsOk());
    EXPECT_THAT(sys::open_at(AT_FDCWD, shared, O_RDONLY), IsOk());
  });
}

TEST(AsUser, DoesNothingForAnOrdinaryUserAndForRootItself) {
  in_child([] {
    ASSERT_OK_AND_ASSIGN(const User root, find_user("root"));
    ASSERT_OK_AND_ASSIGN(const User nobody, find_user("nobody"));
    {
      const auto rights = AsUser::enter(root);
      EXPECT_EQ(::setfsuid(static_cast<uid_t>(-1)), 0);
    }
    ASSERT_THAT(become(nobody), IsOk());
    EXPECT_THAT(AsUser::enter(nobody), IsOk());
  });
}

// As a failure of slipway's, not as a crash: no core file with root's memory in it.
TEST(AsUser, AWayBackThatFailsEndsTheProcessWithTheStatusOfAFailure) {
  ASSERT_OK_AND_ASSIGN(const User nobody, find_user("nobody"));
  const auto go_there_for_good = [&] {
    const auto rights = AsUser::enter(nobody);
    tests::deny_calls({SYS_setgroups}, EAGAIN);
  };
  EXPECT_EXIT(go_there_for_good(), ::testing::ExitedWithCode(125), "cannot return from the rights");
}

}  // namespace
}  // namespace slipway::sandbox
