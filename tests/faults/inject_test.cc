// What ./dev faults stands on: that the fault is where it is said to be, and nowhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/faults/choice.h"
#include "tests/faults/fault.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/lines.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Inject : public ::testing::Test {
 protected:
  RunResult inject(const std::string& fault, const std::string& script,
                   const std::string& executor = "/bin/false") {
    RunOptions options;
    options.env = std::vector<std::string>{"PATH=/usr/bin:/bin"};
    return run_program(
        {INJECT_PROGRAM, dir_ / "report", "", executor, fault, "/bin/sh", "-c", script}, options);
  }
  std::string report() { return read_file(dir_ / "report"); }

  TempDir dir_;
  std::string file_ = dir_.write("file", "x");
  // Three processes: the shell and two cats.
  std::string two_cats_ = cat("cat ", file_, "; cat ", file_, "; echo $?");
};

// Which openat of a cat is that of the file, after those of its loader.
int when_of_file(const std::string& report) {
  int when = 0;
  for (const Call& call : parse_calls(report)) {
    if (call.process == 3 && call.name == "openat") when = call.when;
  }
  return when;
}

TEST_F(Inject, AnErrorComesInTheProcessThatIsNamedAndNotInOthers) {
  ASSERT_EQ(inject("trace", two_cats_).out, "xx0\n");
  const int when = when_of_file(report());
  const auto second = inject(text_of({3, "openat", when, Span::kOnce, EIO}), two_cats_);
  EXPECT_EQ(second.out, "x1\n");
  EXPECT_THAT(second.err, HasSubstr("Input/output error"));
  EXPECT_THAT(report(), StartsWith("hit 3 openat "));
  EXPECT_THAT(lines_with(report(), ""), SizeIs(1));
  EXPECT_EQ(inject(text_of({2, "openat", when, Span::kOnce, EIO}), two_cats_).out, "x0\n");
}

TEST_F(Inject, TheArgumentOfTheCallIsTold) {
  ASSERT_EQ(inject("1:close:1:EIO", "exec 7</dev/null; exec 7<&-").exit_code, 0);
  std::set<std::string> told;
  for (int when = 1; when < 9; ++when) {
    inject(cat("1:close:", when, ":EIO"), "exec 7</dev/null; exec 7<&-");
    told.insert(report());
  }
  EXPECT_THAT(told, Contains("hit 1 close 7\n"));
}

TEST_F(Inject, AnErrorFromThenOnComesInLaterProcessesToo) {
  ASSERT_EQ(inject("trace", two_cats_).out, "xx0\n");
  const int when = when_of_file(report());
  EXPECT_EQ(inject(text_of({2, "openat", when, Span::kFromThen, EACCES}), two_cats_).out, "127\n")
      << "the second cannot even load its libraries";
}

TEST_F(Inject, AKillComesInsteadOfTheCall) {
  const std::string made = dir_ / "made";
  ASSERT_EQ(inject("trace", cat("exec 3>", made)).exit_code, 0);
  EXPECT_TRUE(exists(made));
  const auto last = parse_calls(report());
  int when = 0;
  for (const Call& call : last) when = call.name == "openat" ? call.when : when;
  const auto killed = inject(cat("1:openat:", when, ":KILL"), cat("exec 3>", made, ".2"));
  EXPECT_EQ(killed.exit_code, 128 + 9);
  EXPECT_FALSE(exists(made + ".2"));
}

TEST_F(Inject, NothingHappensToTheExecutor) {
  const auto result = inject("*:openat:1+:EIO", cat("exec /bin/cat ", file_), "/bin/cat");
  EXPECT_EQ(result.out, "x") << result.err;
}

TEST_F(Inject, WhoIsLeftBehindIsTold) {
  const auto result = inject("1:execve:99:KILL", "sleep 60 >/dev/null 2>&1 </dev/null & exit 7");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(report(), AllOf(HasSubstr("left "), HasSubstr("sleep")));
}

TEST(Fault, IsReadAsItIsWritten) {
  for (const char* text :
       {"2:openat2:7:EIO", "2:openat2:7+:ENOSPC", "*:read:1/3:EINTR", "1:execve:1:KILL"}) {
    const auto fault = parse_fault(text);
    ASSERT_TRUE(fault) << text;
    EXPECT_EQ(text_of(*fault), text);
  }
  for (const char* text : {"", "2:openat2:7", "2:no_call:7:EIO", "x:read:1:EIO", "1:read:x:EIO",
                           "1:read:1-:EIO", "1:read:1:EWHAT"}) {
    EXPECT_FALSE(parse_fault(text)) << text;
  }
}

std::vector<std::string> texts(const std::vector<Fault>& faults) {
  std::vector<std::string> all;
  for (const Fault& each : faults) all.push_back(text_of(each));
  return all;
}

TEST(FaultTable, AKillComesAtEveryCallThatFollowsAnEffect) {
  const auto faults = texts(faults_in(parse_calls(
      "call 1 run mkdirat\ncall 1 run fstat\ncall 1 run renameat\ncall 2 run mkdirat\n")));
  EXPECT_THAT(faults, AllOf(Contains("1:mkdirat:1:KILL"), Contains("1:fstat:1:KILL"),
                            Not(Contains("1:renameat:1:KILL")), Contains("2:mkdirat:1:KILL")));
}

TEST(FaultTable, AnInterruptionIsNoStateThatLasts) {
  const auto faults = texts(faults_in(parse_calls("call 1 run flock\ncall 1 run flock\n")));
  EXPECT_THAT(faults, AllOf(Contains("1:flock:2:EINTR"), Not(Contains("1:flock:2+:EINTR")),
                            Contains("*:flock:1/3:EINTR"), Contains("1:flock:1+:ENOLCK")));
}

TEST(FaultTable, TheLoaderOfTheFirstProgramHasNoFaultsOfOurs) {
  EXPECT_THAT(texts(faults_in(parse_calls("call 1 start mmap\ncall 1 start read\n"))), IsEmpty());
}

TEST(FaultTable, WhatIsMissingIsMissingEveryTime) {
  EXPECT_THAT(texts(missing_calls_in(parse_calls("call 1 run openat2\ncall 1 run read\n"))),
              ElementsAre("*:openat2:1+:ENOSYS", "*:openat2:1+:EPERM"));
}

TEST(Choice, EveryFaultIsTakenOnceByWhateverPartAndSeed) {
  for (const unsigned seed : {0U, 5U, 99U}) {
    std::vector<int> taken(100);
    for (unsigned shift = 0; shift < 7; ++shift) {
      for (int part = 0; part < 2; ++part) {
        Choice choice;
        choice.stride = 7;
        choice.seed = seed + shift;
        choice.part = part;
        choice.parts = 2;
        for (std::size_t i = 0; i < taken.size(); ++i) taken[i] += choice.takes(i) ? 1 : 0;
      }
    }
    EXPECT_THAT(taken, ::testing::Each(1)) << seed;
  }
}

}  // namespace
}  // namespace slipway::tests
