// Opening below a directory, with openat2(2) and where it is missing: the outcome is the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sched.h>
#include <cerrno>

#include "sandbox/base/sys.h"
#include "tests/support/in_child.h"
#include "tests/support/result_matchers.h"
#include "tests/support/seccomp.h"
#include "tests/support/temp_dir.h"

namespace slipway::sys {
namespace {

enum class Openat2 { kThere, kMissing, kFiltered };

class Open : public ::testing::TestWithParam<Openat2> {
 protected:
  Open() {
    dir_.write("sub/file", "content");
    EXPECT_EQ(::symlink("sub", (dir_ / "link").c_str()), 0);
    EXPECT_EQ(::symlink("file", (dir_ / "sub/link").c_str()), 0);
    EXPECT_EQ(::symlink((dir_ / "sub").c_str(), (dir_ / "absolute").c_str()), 0);
    EXPECT_EQ(::symlink("ring", (dir_ / "ring").c_str()), 0);
    EXPECT_EQ(::symlink("sub/../sub/link", (dir_ / "winding").c_str()), 0);
  }

  // In a child: the filter cannot be taken back.
  template <class Body>
  void with_kernel(Body body) {
    tests::in_child([&] {
      if (GetParam() == Openat2::kMissing) tests::deny_calls({SYS_openat2}, ENOSYS);
      if (GetParam() == Openat2::kFiltered) tests::deny_calls({SYS_openat2}, EPERM);
      body();
    });
  }

  // 0, or why not.
  static int number_of(const Result<Fd>& opened) { return opened ? 0 : opened.error().number(); }
  [[nodiscard]] int beneath(const std::string& path, int flags = O_PATH) const {
    const Fd dir = *open_at(AT_FDCWD, dir_.path(), O_PATH | O_DIRECTORY);
    return number_of(open_beneath(dir.get(), path, flags, 0644));
  }

  tests::TempDir dir_;
};

INSTANTIATE_TEST_SUITE_P(With, Open,
                         ::testing::Values(Openat2::kThere, Openat2::kMissing, Openat2::kFiltered),
                         [](const auto& test) {
                           switch (test.param) {
                             case Openat2::kThere:
                               return "Openat2";
                             case Openat2::kMissing:
                               return "OldKernel";
                             default:
                               return "SeccompFilter";
                           }
                         });

TEST_P(Open, BeneathFindsWhatIsThere) {
  with_kernel([&] {
    for (const char* path : {"sub", "sub/file", "./sub//file", ".", "sub/."}) {
      EXPECT_EQ(beneath(path), 0) << path;
    }
    EXPECT_EQ(beneath("gone"), ENOENT);
    EXPECT_EQ(beneath("gone/file"), ENOENT);
    EXPECT_EQ(beneath("sub/file/x"), ENOTDIR);
    EXPECT_EQ(beneath("sub/file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  });
}

TEST_P(Open, BeneathFollowsNoLinkAnywhere) {
  with_kernel([&] {
    for (const char* path : {"link", "link/file", "sub/link", "absolute/file", "ring"}) {
      EXPECT_EQ(beneath(path), ELOOP) << path;
      EXPECT_EQ(beneath(path, O_RDONLY), ELOOP) << path;
    }
  });
}

TEST_P(Open, TheLinkItselfCanBeHadAtTheEndOfAPath) {
  with_kernel([&] {
    const Fd dir = *open_at(AT_FDCWD, dir_.path(), O_PATH | O_DIRECTORY);
    const auto link = open_beneath(dir.get(), "sub/link", O_PATH | O_NOFOLLOW);
    ASSERT_THAT(link, tests::IsOk());
    EXPECT_TRUE(S_ISLNK(stat_fd(link->get())->st_mode));
    EXPECT_EQ(beneath("link/file", O_PATH | O_NOFOLLOW), ELOOP);
    EXPECT_EQ(beneath("sub/link", O_RDONLY | O_NOFOLLOW), ELOOP);
  });
}

TEST_P(Open, BeneathNeverLeaves) {
  with_kernel([&] {
    for (const char* path : {"..", "../x", "sub/../..", "/etc"}) {
      EXPECT_EQ(beneath(path), EXDEV) << path;
    }
  });
}

TEST_P(Open, BeneathCreates) {
  with_kernel([&] {
    EXPECT_EQ(beneath("sub/new", O_CREAT | O_EXCL | O_WRONLY), 0);
    EXPECT_EQ(beneath("sub/new", O_CREAT | O_EXCL | O_WRONLY), EEXIST);
    EXPECT_EQ(beneath("sub/link", O_CREAT | O_EXCL | O_WRONLY), EEXIST);
    EXPECT_EQ(beneath("link/new", O_CREAT | O_EXCL | O_WRONLY), ELOOP);
  });
}

TEST_P(Open, CanonicalFollowsNoLinkAnywhere) {
  with_kernel([&] {
    const auto open = [&](const std::string& path) {
      return number_of(open_canonical(path, O_PATH));
    };
    EXPECT_EQ(open("/"), 0);
    EXPECT_EQ(open(dir_ / "sub/file"), 0);
    for (const char* path : {"link", "link/file", "sub/link", "absolute/file", "ring"}) {
      EXPECT_EQ(open(dir_ / path), ELOOP) << path;
    }
    EXPECT_EQ(open("/proc/self/status"), ELOOP) << "/proc/self is a link";
    EXPECT_EQ(open(dir_ / "gone"), ENOENT);
  });
}

TEST_P(Open, WithoutMagicFollowsOrdinaryLinksOnly) {
  with_kernel([&] {
    const auto open = [&](const std::string& path) {
      return number_of(open_without_magic(AT_FDCWD, path, O_PATH));
    };
    for (const char* path : {"link/file", "sub/link", "absolute/file", "winding", "sub/.."}) {
      EXPECT_EQ(open(dir_ / path), 0) << path;
    }
    EXPECT_EQ(open("/proc/self/status"), 0) << "/proc/self is an ordinary link";
    EXPECT_EQ(open("/proc/self/cwd"), ELOOP);
    EXPECT_EQ(open("/proc/self/root/etc"), ELOOP);
    EXPECT_EQ(open("/proc/self/fd/0"), ELOOP);
    EXPECT_EQ(open(dir_ / "ring"), ELOOP);
    EXPECT_EQ(open(dir_ / "gone"), ENOENT);
  });
}

TEST_P(Open, WithoutMagicFollowsNoLinkOfAMountThatForbidsThem) {
  with_kernel([&] {
    constexpr unsigned long kNoSymfollow = 256;  // MS_NOSYMFOLLOW (Linux 5.10)
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("tmpfs", (dir_ / "sub").c_str(), "tmpfs", kNoSymfollow, nullptr), 0);
    ASSERT_EQ(::symlink("/etc", (dir_ / "sub/link").c_str()), 0);
    EXPECT_EQ(number_of(open_without_magic(AT_FDCWD, dir_ / "sub/link", O_PATH)), ELOOP);
    EXPECT_EQ(number_of(open_without_magic(AT_FDCWD, dir_ / "sub/link/passwd", O_PATH)), ELOOP);
  });
}

TEST_P(Open, SameMountStopsAtTheNextOne) {
  with_kernel([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount((dir_ / "sub").c_str(), (dir_ / "sub").c_str(), nullptr, MS_BIND, nullptr),
              0);
    const Fd dir = *open_at(AT_FDCWD, dir_.path(), O_PATH | O_DIRECTORY);
    EXPECT_EQ(number_of(open_same_mount(dir.get(), "sub/file", O_PATH)), EXDEV);
    EXPECT_EQ(number_of(open_same_mount(dir.get(), "sub", O_PATH)), EXDEV);
    EXPECT_EQ(number_of(open_same_mount(dir.get(), ".", O_PATH)), 0);
  });
}

}  // namespace
}  // namespace slipway::sys
