// Which sources are mounted, by the mount tables of all processes.
#include "sandbox/mount_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <thread>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/in_child.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::sandbox {
namespace {

using ::testing::AllOf;
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

TEST(MountSources, OnlyOverlaysSourceCounts) {
  EXPECT_THAT(collected("1 2 0:3 / /notslipway:a rw - tmpfs slipway:b rw\n"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / /a rw - overlay xslipway:b rw,lowerdir=slipway:c\n"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / /-\\040overlay\\040slipway:a rw - tmpfs none rw\n"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / / rw - overlay slipway:"), IsEmpty());
  EXPECT_THAT(collected("1 2 0:3 / / rw - overlay slipway:last"), UnorderedElementsAre("last"));
  EXPECT_THAT(collected(""), IsEmpty());
}

// In a child: a mount namespace of its own with an overlay of that source at /mnt.
bool show_overlay(const std::string& source) {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount(source.c_str(), "/mnt", "overlay", 0, "lowerdir=/usr/bin:/usr/lib") == 0;
}

// The same, as that user from then on and in a process group of its own; the pipe tells whether it
// went well.
void show_as(uid_t uid, const std::string& source, const Fd& to) {
  const bool ready = ::setpgid(0, 0) == 0 && show_overlay(source) &&
                     ::setresuid(uid, uid, uid) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
  (void)sys::write_all(to.get(), ready ? "x" : "-").has_value();
}

void expect_shown(const Fd& from) {
  std::byte byte[1];
  EXPECT_THAT(sys::read(from.get(), byte), tests::IsOk());
  EXPECT_EQ(static_cast<char>(byte[0]), 'x');
}

// -1 would be everybody to kill(2).
pid_t expect_process(pid_t made) {
  if (made < 0) throw std::system_error(errno, std::generic_category(), "a process for the test");
  return made;
}

// A process group in a mount namespace with such an overlay, as some user.
class Shower {
 public:
  Shower(const std::string& source, uid_t uid, void (*live)() = &wait_for_ever) {
    auto [from, to] = *sys::make_pipe();
    pid_ = expect_process(::fork());
    if (pid_ == 0) {
      show_as(uid, source, to);
      live();
    }
    expect_shown(from);
  }
  ~Shower() {
    ::kill(-pid_, SIGKILL);
    EXPECT_THAT(sys::wait_for(pid_), tests::IsOk());
  }
  Shower(const Shower&) = delete;
  Shower& operator=(const Shower&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  static void wait_for_ever() {
    for (;;) ::pause();
  }

 private:
  pid_t pid_ = -1;
};

constexpr uid_t kOwner = 4711;
constexpr uid_t kAnother = 4712;

std::set<std::string> found_for(uid_t owner) {
  const auto found = find_mount_sources("slipway:", owner);
  EXPECT_THAT(found, tests::IsOk());
  EXPECT_TRUE(found && found->complete);
  return found ? found->words : std::set<std::string>();
}

TEST(MountSources, ThatOfAnotherProcessesNamespaceIsFoundForAsLongAsItLives) {
  {
    const Shower shower("slipway:of-a-child", kOwner);
    EXPECT_THAT(found_for(kOwner), Contains("of-a-child"));
  }
  EXPECT_THAT(found_for(kOwner), Not(Contains("of-a-child")));
}

// Else whoever may mount could say of anything that it is in use.
TEST(MountSources, OnlyTheOwnersAndRootsProcessesAreBelievedAndForRootAll) {
  const Shower others("slipway:of-another", kAnother);
  const Shower roots("slipway:of-root", 0);
  EXPECT_THAT(found_for(kOwner), AllOf(Not(Contains("of-another")), Contains("of-root")));
  EXPECT_THAT(found_for(kAnother), AllOf(Contains("of-another"), Contains("of-root")));
  EXPECT_THAT(found_for(0), AllOf(Contains("of-another"), Contains("of-root")));
}

// proc(5): of a first thread that has ended there is no mountinfo.
TEST(MountSources, AProcessWhoseFirstThreadHasEndedStillCounts) {
  const Shower shower("slipway:of-a-thread", kOwner, [] {
    std::thread(&Shower::wait_for_ever).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
  });
  const std::string stat = cat("/proc/", shower.pid(), "/stat");
  while (tests::read_file(stat).find(") Z ") == std::string::npos) ::usleep(1000);
  EXPECT_THAT(found_for(kOwner), Contains("of-a-thread"));
}

// A chain of processes in a mount namespace with such an overlay: each hands it on to its child and
// ends, mostly between being listed and being looked at. They are of a pid namespace of their own,
// whose first process reaps them (it is not in that mount namespace), and which ends with it.
class Chain {
 public:
  explicit Chain(const std::string& source) {
    auto [from, to] = *sys::make_pipe();
    first_ = expect_process(
        static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0)));
    if (first_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::signal(SIGCHLD, SIG_IGN);
      if (::fork() == 0) {
        show_as(kOwner, source, to);
        for (;;) {
          if (::fork() > 0) ::_exit(0);
          ::usleep(100);
        }
      }
      Shower::wait_for_ever();
    }
    expect_shown(from);
  }
  ~Chain() {
    ::kill(first_, SIGKILL);
    EXPECT_THAT(sys::wait_for(first_), tests::IsOk());
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

 private:
  pid_t first_ = -1;
};

TEST(MountSources, WhatIsHandedOnFromProcessToProcessIsSeenAtAnyTime) {
  const Chain chain("slipway:of-a-chain");
  for (int i = 0; i < 100; ++i) EXPECT_THAT(found_for(kOwner), Contains("of-a-chain")) << i;
}

// The list is in the order of the numbers: who gets the lowest after the highest is behind its end.
// In a pid namespace of its own, where nobody else gets numbers.
TEST(MountSources, WhatIsHandedOnIsSeenWhereTheNumbersOfProcessesBeginAnew) {
  tests::in_child([] {
    ASSERT_EQ(::unshare(CLONE_NEWPID | CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    tests::in_child([] {
      ASSERT_EQ(::mount("proc", "/proc", "proc", 0, nullptr), 0);
      const std::string file = "/proc/sys/kernel/ns_last_pid";  // proc_sys_kernel(5)
      const int most = std::stoi(tests::read_file("/proc/sys/kernel/pid_max"));
      // Some between the lowest and the highest, so that the one is passed long before the other.
      std::ofstream(file) << most / 2;
      for (int i = 0; i < 100; ++i) {
        if (::fork() == 0) Shower::wait_for_ever();
      }
      const Chain chain("slipway:of-a-chain");
      for (int rounds = 0; rounds < 300;) {
        // The lowest is 300 then. Who got it is there once the chain has gone on from it: no host
        // comes round again before.
        const int last = std::stoi(tests::read_file(file));
        if (last > 301 && last < most - 100) {
          std::ofstream(file) << most - 1 - rounds % 4;
          ++rounds;
        }
        ASSERT_THAT(found_for(kOwner), Contains("of-a-chain")) << rounds;
      }
    });
  });
}

}  // namespace
}  // namespace slipway::sandbox
