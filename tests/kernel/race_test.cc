// Somebody exchanges what launches look at with symbolic links while they look: no mount ever lands
// outside, and nothing is mounted that the task's user could not reach.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sandbox/mountinfo.h"
#include "tests/kernel/private_host.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using mounts::Access;

// A process that exchanges two names for as long as it lives (renameat2(2), RENAME_EXCHANGE).
class Flipper {
 public:
  Flipper(const std::string& a, const std::string& b) : child_(::fork()) {
    must(child_ >= 0, "fork");
    if (child_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) must(::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0, a);
  }
  Flipper(const Flipper&) = delete;
  Flipper& operator=(const Flipper&) = delete;
  ~Flipper() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_;
};

constexpr int kRight = 0;
constexpr int kWrong = 1;

// What the inside of a launch answers: right is that its volume is mounted, and not on the victim
// or below it.
int is_victim_untouched() {
  const auto table = sandbox::read_mountinfo();
  if (!table) return kWrong;
  const auto hit = std::count_if(table->begin(), table->end(), [](const auto& entry) {
    return entry.mount_point.starts_with("/mnt/victim");
  });
  const auto volumes = std::count_if(table->begin(), table->end(), [](const auto& entry) {
    return entry.mount_point.starts_with("/mnt/sandbox/") ||
           entry.mount_point.starts_with("/mnt/theirs/");
  });
  return hit == 0 && volumes == 1 ? kRight : kWrong;
}

struct Count {
  int right = 0;
  int refused = 0;
  int wrong = 0;
};

// At least so often, and on until both the one and the other have come: on a busy machine one of
// them is rare.
Count launch_often(int launches, Who who, const Volume& volume, int (*inside)()) {
  constexpr int kUntil = 50;
  Count count;
  for (int i = 0;
       i < launches || (i < kUntil * launches && (count.right == 0 || count.refused == 0)); ++i) {
    const int answer = launch_and(who, {volume}, inside);
    ++(answer == kRight ? count.right : answer == kNotLaunched ? count.refused : count.wrong);
  }
  return count;
}

// All the races must have been seen: where nothing is ever refused, or everything is, nothing was
// tested.
void expect_held(const Count& count) {
  EXPECT_EQ(count.wrong, 0);
  EXPECT_GT(count.right, 0);
  EXPECT_GT(count.refused, 0);
}

void make_theirs(const std::string& link_target) {
  make_directory("/mnt/theirs", 0755, kNobody);
  make_directory("/mnt/theirs/place", 0755, kNobody);
  make_directory("/mnt/theirs/place/in", 0755, kNobody);
  must(::symlink(link_target.c_str(), "/mnt/theirs/link") == 0, "symlink");
}

void make_victim() {
  make_directory("/mnt/host");
  make_directory("/mnt/victim", 0777);
  make_directory("/mnt/victim/in", 0777);
}

class Race : public ::testing::TestWithParam<Kernel> {};
INSTANTIATE_TEST_SUITE_P(On, Race, ::testing::Values(Kernel::kPresent, Kernel::kClassic),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(Race, ARelativeContainerPathNeverLeadsOutOfTheSandbox) {
  in_private_host(GetParam(), [] {
    make_victim();
    make_directory("/mnt/sandbox", 0755, kNobody);
    make_directory("/mnt/sandbox/place", 0755, kNobody);
    must(::symlink("/mnt/victim", "/mnt/sandbox/link") == 0, "symlink");
    const Flipper flipper("/mnt/sandbox/place", "/mnt/sandbox/link");
    expect_held(launch_often(1800, Who::kRootForUser, {"/mnt/host", "place/in", Access::kReadOnly},
                             is_victim_untouched));
    // And where the mount point is to be made first.
    expect_held(launch_often(600, Who::kRootForUser,
                             {"/mnt/host", "place/in/made", Access::kReadOnly},
                             is_victim_untouched));
    EXPECT_FALSE(exists("/mnt/victim/in/made"));
  });
}

TEST_P(Race, AnAbsoluteContainerPathNeverLeadsElsewhere) {
  in_private_host(GetParam(), [] {
    make_victim();
    make_theirs("/mnt/victim");
    const Flipper flipper("/mnt/theirs/place", "/mnt/theirs/link");
    expect_held(launch_often(1800, Who::kRootForUser,
                             {"/mnt/host", "/mnt/theirs/place/in", Access::kReadOnly},
                             is_victim_untouched));
  });
}

// Root for itself trusts nobody else's links either.
TEST_P(Race, AnAbsoluteContainerPathOfRootNeverLeadsElsewhere) {
  in_private_host(GetParam(), [] {
    make_victim();
    make_theirs("/mnt/victim");
    const Flipper flipper("/mnt/theirs/place", "/mnt/theirs/link");
    expect_held(launch_often(600, Who::kRoot,
                             {"/mnt/host", "/mnt/theirs/place/in", Access::kReadOnly},
                             is_victim_untouched));
  });
}

TEST_P(Race, AHostPathNeverLeadsWhereTheUserCouldNotGo) {
  in_private_host(GetParam(), [] {
    make_directory("/mnt/secret", 0700);
    make_directory("/mnt/secret/in", 0777);
    make_file("/mnt/secret/in/secret", "of root", 0644);
    make_theirs("/mnt/secret");
    const Flipper flipper("/mnt/theirs/place", "/mnt/theirs/link");
    expect_held(launch_often(1800, Who::kRootForUser,
                             {"/mnt/theirs/place/in", "data", Access::kReadOnly},
                             [] { return exists("/mnt/sandbox/data/secret") ? kWrong : kRight; }));
  });
}

}  // namespace
}  // namespace slipway::tests
