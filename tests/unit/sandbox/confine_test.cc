// Each in a child: what is given up does not come back.
#include "sandbox/confine.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "sandbox/base/sys.h"
#include "tests/support/in_child.h"
#include "tests/support/nobody.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::sandbox {
namespace {

using tests::in_child;
using tests::IsOk;
using tests::kNobody;

constexpr const char* kNone = "0000000000000000";

std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
  }
  return "(none)";
}

// 0 or the errno of the exec; the exit status where the program ran.
int run(const char* program) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program, program, static_cast<char*>(nullptr));
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Capabilities, NoneAreLeftAndTheBoundingSetIsEmpty) {
  in_child([] {
    ASSERT_NE(status_line("CapBnd"), kNone);
    ASSERT_THAT(drop_bounding_set(), IsOk());
    ASSERT_THAT(drop_capabilities(), IsOk());
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_EQ(status_line(set), kNone) << set;
    }
    EXPECT_THAT(drop_bounding_set(), IsOk()) << "empty already: no right is needed";
    EXPECT_THAT(drop_capabilities(), IsOk());
  });
}

TEST(Capabilities, TheBoundingSetNeedsTheRightThatGoesWithThem) {
  in_child([] {
    ASSERT_THAT(drop_capabilities(), IsOk());
    const auto done = drop_bounding_set();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().number(), EPERM);
  });
}

TEST(NewPrivileges, AreForbidden) {
  in_child([] {
    ASSERT_THAT(forbid_new_privileges(), IsOk());
    EXPECT_EQ(status_line("NoNewPrivs"), "1");
  });
}

TEST(Signals, AreAllDefaultAndUnblocked) {
  in_child([] {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ASSERT_NE(status_line("SigIgn"), kNone);
    ASSERT_NE(status_line("SigBlk"), kNone);
    reset_signals();
    for (const char* set : {"SigIgn", "SigBlk", "SigCgt"}) EXPECT_EQ(status_line(set), kNone);
  });
}

// glibc tells the other threads by a signal of its own.
TEST(Signals, AreSoWithoutHarmToAProcessThatHasThreadsAndChangesItsUser) {
  in_child([] {
    std::atomic<bool> over = false;
    std::thread other([&] {
      while (!over) std::this_thread::yield();
    });
    reset_signals();
    EXPECT_EQ(::setresuid(kNobody, kNobody, kNobody), 0);
    over = true;
    other.join();
  });
}

TEST(CloseFrom, ClosesThatOneAndAllAbove) {
  in_child([] {
    const int low = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int high = ::fcntl(low, F_DUPFD_CLOEXEC, 500);
    ASSERT_GE(low, 3);
    ASSERT_THAT(close_from(low + 1), IsOk());
    EXPECT_EQ(::fcntl(low, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(::fcntl(high, F_GETFD), -1);
    ASSERT_THAT(close_from(low), IsOk());
    EXPECT_EQ(::fcntl(low, F_GETFD), -1);
  });
}

TEST(CloseFrom, MayLeaveSomeOut) {
  in_child([] {
    for (const int number : {20, 21, 22, 400}) ASSERT_EQ(::dup2(0, number), number);
    ASSERT_THAT(close_from_but(20, {21}), IsOk());
    EXPECT_EQ(::fcntl(20, F_GETFD), -1);
    EXPECT_EQ(::fcntl(21, F_GETFD), 0);
    EXPECT_EQ(::fcntl(22, F_GETFD), -1);
    EXPECT_EQ(::fcntl(400, F_GETFD), -1);
    ASSERT_THAT(close_from_but(21, {21}), IsOk());
    EXPECT_EQ(::fcntl(21, F_GETFD), 0);
    for (const int number : {20, 22, 23}) ASSERT_EQ(::dup2(0, number), number);
    ASSERT_THAT(close_from_but(20, {23, 1, 21}), IsOk());
    EXPECT_EQ(::fcntl(20, F_GETFD), -1);
    EXPECT_EQ(::fcntl(21, F_GETFD), 0);
    EXPECT_EQ(::fcntl(22, F_GETFD), -1);
    EXPECT_EQ(::fcntl(23, F_GETFD), 0);
    ASSERT_THAT(close_from_but(21, {20}), IsOk());
    EXPECT_EQ(::fcntl(21, F_GETFD), -1);
  });
}

TEST(DieWith, TheProcessEndsWithItsParent) {
  in_child([] {
    auto pipe = sys::make_pipe();
    ASSERT_THAT(pipe, IsOk());
    const pid_t parent = ::fork();
    if (parent == 0) {
      const pid_t self = ::getpid();
      if (::fork() == 0) {
        const bool good = die_with(self).has_value();
        (void)sys::write_all(pipe->second.get(), good ? "y" : "n");
        ::pause();
        ::_exit(0);
      }
      ::pause();
    }
    pipe->second.reset();
    std::byte answer{};
    ASSERT_THAT(sys::read(pipe->first.get(), {&answer, 1}), IsOk());
    EXPECT_EQ(std::to_integer<char>(answer), 'y');
    ::kill(parent, SIGKILL);
    const auto end = sys::read(pipe->first.get(), {&answer, 1});
    ASSERT_THAT(end, IsOk());
    EXPECT_EQ(*end, 0U) << "nobody holds the other end any more";
  });
}

TEST(DieWith, AParentThatIsGoneAlreadyEndsItAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)die_with(1);  // not ours
    ::_exit(7);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

// A directory to write in, one not to, and the program `true`.
class FetchStage : public ::testing::Test {
 protected:
  void confine() {
    dir_ = *sys::open_at(AT_FDCWD, inside_, O_RDONLY | O_DIRECTORY);
    program_ = *sys::open_at(AT_FDCWD, "/bin/true", O_PATH);
    const auto outcome = confine_fetch_stage({{dir_.get()}, {program_.get()}});
    ASSERT_THAT(outcome, IsOk());
    ASSERT_EQ(*outcome, LandlockOutcome::kConfined) << "these tests need a kernel with Landlock";
  }

  static int try_creating(const std::string& path) {
    const auto made = sys::open_at(AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    return made ? 0 : made.error().number();
  }

  tests::TempDir temp_;
  std::string inside_ = temp_.make_directory("inside");
  std::string outside_ = temp_.make_directory("outside");
  Fd dir_;
  Fd program_;
};

TEST_F(FetchStage, WritesInItsDirectoriesOnly) {
  const std::string existing = temp_.write("outside/existing", "x");
  in_child([&] {
    confine();
    EXPECT_EQ(try_creating(inside_ + "/file"), 0);
    EXPECT_EQ(try_creating(outside_ + "/file"), EACCES);
    EXPECT_EQ(try_creating("/tmp/slipway-must-not-be-here"), EACCES);
    EXPECT_FALSE(sys::open_at(AT_FDCWD, existing, O_WRONLY).has_value());
    EXPECT_FALSE(sys::open_at(AT_FDCWD, existing, O_RDONLY | O_TRUNC).has_value());
    EXPECT_THAT(sys::open_at(AT_FDCWD, existing, O_RDONLY), IsOk());
    EXPECT_FALSE(sys::unlink(AT_FDCWD, existing).has_value());
    EXPECT_EQ(::truncate(existing.c_str(), 0), -1);
    EXPECT_THAT(sys::open_at(AT_FDCWD, "/dev/null", O_WRONLY), IsOk());
    EXPECT_EQ(status_line("NoNewPrivs"), "1");
  });
}

TEST_F(FetchStage, MovesAndLinksAcrossItsDirectories) {
  temp_.make_directory("inside/a");
  temp_.make_directory("inside/b");
  temp_.write("inside/a/file", "x");
  in_child([&] {
    confine();
    EXPECT_THAT(sys::link(dir_.get(), "a/file", dir_.get(), "b/link"), IsOk());
    EXPECT_THAT(sys::rename(dir_.get(), "a/file", dir_.get(), "b/file"), IsOk());
    EXPECT_THAT(sys::make_symlink("x", dir_.get(), "a/symlink"), IsOk());
    EXPECT_FALSE(sys::rename(AT_FDCWD, inside_ + "/b/file", AT_FDCWD, outside_ + "/file"));
  });
}

TEST_F(FetchStage, MakesNoPipesSocketsOrDevices) {
  in_child([&] {
    confine();
    for (const mode_t type : std::initializer_list<mode_t>{S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK}) {
      EXPECT_EQ(::mknodat(dir_.get(), "node", type | 0600, 0x103), -1);
      EXPECT_EQ(errno, EACCES);
    }
  });
}

// /bin/true is linked dynamically: its loader needs the right to be executed too.
TEST_F(FetchStage, ExecutesItsProgramsOnly) {
  temp_.write("inside/script", "#!/bin/sh\n", 0755);
  in_child([&] {
    ASSERT_EQ(run("/bin/echo"), 0);
    confine();
    EXPECT_EQ(run("/bin/true"), 0);
    EXPECT_EQ(run("/bin/echo"), EACCES);
    EXPECT_EQ(run((inside_ + "/script").c_str()), EACCES);
  });
}

TEST_F(FetchStage, AnOrdinaryUserConfinesItselfToo) {
  ASSERT_EQ(::chown(inside_.c_str(), 65534, 65534), 0);
  in_child([&] {
    ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
    confine();
    EXPECT_EQ(try_creating(inside_ + "/file"), 0);
    EXPECT_EQ(try_creating("/tmp/slipway-must-not-be-here"), EACCES);
  });
}

}  // namespace
}  // namespace slipway::sandbox
