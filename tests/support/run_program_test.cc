#include "tests/support/run_program.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>

#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

RunResult shell(const std::string& script, const RunOptions& options = {}) {
  return run_program({"/bin/sh", "-c", script}, options);
}

TEST(RunProgramTest, KeepsOutputAndExitCode) {
  const RunResult result = shell("echo out; echo err >&2; exit 42");
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 42);
}

TEST(RunProgramTest, DeathBySignalIs128AndItsNumber) {
  EXPECT_EQ(shell("kill -TERM $$").exit_code, 128 + SIGTERM);
}

// Whatever status it ends with: its parent may have expected a failure.
TEST(RunProgramTest, AReportOfASanitizerIsAFailure) {
  EXPECT_NONFATAL_FAILURE(shell("echo '==7==ERROR: AddressSanitizer: SEGV' >&2; exit 125"),
                          "a sanitizer found something");
  EXPECT_NONFATAL_FAILURE(shell("echo 'x.cc:1:2: runtime error: overflow' >&2"), "overflow");
}

TEST(RunProgramTest, FeedsStdinAndReadsAtTheSameTime) {
  RunOptions options;
  options.stdin_text = std::string(1 << 20, 'x');
  EXPECT_EQ(run_program({"cat"}, options).out, options.stdin_text);
}

TEST(RunProgramTest, AProgramNeedNotReadItsStdin) {
  RunOptions options;
  options.stdin_text = std::string(1 << 20, 'x');
  EXPECT_EQ(shell("exec <&-; exit 3", options).exit_code, 3);
}

TEST(RunProgramTest, WaitsForAProgramThatHasClosedItsOutput) {
  EXPECT_EQ(shell("exec >&- 2>&-; sleep 0.3; exit 5").exit_code, 5);
}

TEST(RunProgramTest, GivesExactlyThisEnvironment) {
  RunOptions options;
  options.env = {"ONE=1", "TWO=2"};
  EXPECT_EQ(run_program({"/usr/bin/env"}, options).out, "ONE=1\nTWO=2\n");
}

TEST(RunProgramTest, StartsInTheDirectoryWithNothingButThreeDescriptors) {
  const TempDir dir;
  RunOptions options;
  options.cwd = dir.path();
  EXPECT_EQ(shell("pwd", options).out, dir.path() + "\n");
  EXPECT_EQ(shell("ls /proc/$$/fd; :", options).out, "0\n1\n2\n");
}

TEST(RunProgramTest, BecomesTheUserWithoutSupplementaryGroups) {
  RunOptions options;
  options.user = RunOptions::Ids{65534, 65534};
  EXPECT_EQ(shell("grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s '\\t ' ' '", options).out,
            "Uid: 65534 65534 65534 65534\nGid: 65534 65534 65534 65534\nGroups: \n");
}

TEST(RunProgramTest, SignalsHaveTheirDefaults) {
  EXPECT_EQ(shell("grep SigIgn /proc/self/status").out, "SigIgn:\t0000000000000000\n");
}

TEST(RunProgramTest, TheTimeoutKillsTheWholeGroupAndFailsTheTest) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NONFATAL_FAILURE(
      {
        RunOptions options;
        options.timeout = 300ms;
        EXPECT_EQ(shell("sleep 60 & sleep 60", options).exit_code, 128 + SIGKILL);
      },
      "still busy after 300 ms");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(RunProgramTest, WhatWasWrittenBeforeTheTimeoutIsThere) {
  EXPECT_NONFATAL_FAILURE(
      {
        RunOptions options;
        options.timeout = 300ms;
        const auto result = shell("echo out; echo err >&2; sleep 60", options);
        if (result.out != "out\n" || result.err != "err\n") ADD_FAILURE() << "lost: " << result.err;
      },
      "stdout: out\n\nstderr: err\n");
}

TEST(RunProgramTest, AProgramThatIsNotThereFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(run_program({"/nonexistent/program"}), "No such file or directory");
  EXPECT_NONFATAL_FAILURE(run_program({"no-such-program"}), "not in PATH");
}

}  // namespace
}  // namespace slipway::tests
