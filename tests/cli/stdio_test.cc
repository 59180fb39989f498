// --stdio: where the executor's output goes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/cli/live.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Stdio : public Live {
 protected:
  const std::vector<std::string> to_sandbox_{"--stdio=sandbox"};
  std::string output() { return sandbox() + "/stdout"; }
};

class StdioAs : public Stdio, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, StdioAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(StdioAs, M10OutputGoesToTheUsersFilesInTheSandbox) {
  for (const std::string& rest : {std::string(), volume()}) {
    const auto result =
        run(shell_entry("echo out; echo err >&2; readlink /proc/self/fd/0", "", rest), GetParam(),
            to_sandbox_);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, Not(HasSubstr("err\n")));
  }
  EXPECT_EQ(read_file(output()), "out\n/dev/null\nout\n/dev/null\n") << "the second run appended";
  EXPECT_EQ(read_file(sandbox() + "/stderr"), "err\nerr\n");
  struct stat found {};
  for (const char* name : {"/stdout", "/stderr"}) {
    ASSERT_EQ(::stat((sandbox() + name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0644U);
    EXPECT_EQ(found.st_uid, GetParam() == As::kRoot ? 0 : kNobody);
  }
}

// What is put in its place so that no file of ours stands there takes everything.
TEST_F(Stdio, AResultForAClosedStandardOutputIsAnError) {
  const std::string file = dir_.write("e.json", shell_entry("true"));
  for (const std::string& words :
       {std::string("--version"), std::string("--help"), std::string("schema"), "check " + file,
        "wrap " + file, "plan " + file, std::string("doctor")}) {
    const auto result = run_program({"/bin/sh", "-c", cat(program_, ' ', words, " >&-")});
    EXPECT_EQ(result.exit_code, words.starts_with("plan") ? 125 : 1) << words;
    EXPECT_THAT(result.err, HasSubstr("standard output is closed")) << words;
    EXPECT_THAT(result.err, HasSubstr("[E-OUTPUT]")) << words;
  }
  const auto fetcher =
      run_program({"/bin/sh", "-c",
                   cat(dir_ / "prefix/libexec/slipway/slipway-fetcher", " --version >/dev/full")});
  EXPECT_EQ(fetcher.exit_code, 1);
}

TEST_F(Stdio, TheModeDoesNotDependOnTheUmask) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", shell_entry("true"));
  const auto result = run_program({"/bin/sh", "-c",
                                   cat("umask 077; exec ", program_, " run ", file, " --sandbox ",
                                       sandbox(), " --stdio=sandbox")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(mode_of(output()), 0644U);
}

TEST_P(StdioAs, TheExecutorHasNothingOpenButTheThree) {
  const auto result = run(program_entry(probe_, R"("probe","fds","signals")", "", volume()),
                          GetParam(), to_sandbox_);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string out = read_file(output());
  EXPECT_EQ(value(out, "fds"), "0 1 2");
}

TEST_F(Stdio, TheFilesAreAppendedTo) {
  const auto result = run(shell_entry("while read name flags; "
                                      "do [ $name = flags: ] && echo \"flags: $flags\"; done "
                                      "< /proc/self/fdinfo/1; true"),
                          As::kRoot, to_sandbox_);
  EXPECT_EQ(result.exit_code, 0);
  const std::string flags = value(read_file(output()), "flags");
  EXPECT_EQ(std::stol(flags, nullptr, 8) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_WRONLY | O_APPEND)
      << flags;
}

TEST_P(StdioAs, SlipwaysOwnMessagesStayWithTheCaller) {
  const auto missing = run(program_entry("no-such-program", ""), GetParam(), to_sandbox_);
  EXPECT_EQ(missing.exit_code, 127);
  EXPECT_THAT(missing.err, HasSubstr("'no-such-program' is neither"));
  EXPECT_EQ(run(program_entry("/tmp", ""), GetParam(), to_sandbox_).exit_code, 126);
  EXPECT_EQ(read_file(sandbox() + "/stderr"), "");
}

TEST_P(StdioAs, WithASupervisorItsLineStaysWithTheCaller) {
  const auto result = run(shell_entry("echo out; echo err >&2; exit 3", "", volume()), GetParam(),
                          {"--stdio=sandbox", "--supervise"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("ended with exit code 3"));
  EXPECT_EQ(read_file(output()), "out\n");
  EXPECT_EQ(read_file(sandbox() + "/stderr"), "err\n");
  EXPECT_EQ(
      run(program_entry("no-such", ""), GetParam(), {"--stdio=sandbox", "--supervise"}).exit_code,
      127);
}

// What may have been planted under the name, and how it is called.
struct Planted {
  const char* name;
  const char* message;
  void (*plant)(const TempDir& dir, const std::string& path);
};

class StdioPlanted : public Stdio, public ::testing::WithParamInterface<Planted> {};
INSTANTIATE_TEST_SUITE_P(
    All, StdioPlanted,
    ::testing::Values(Planted{"Link", "symbolic link",
                              [](const TempDir& dir, const std::string& path) {
                                EXPECT_EQ(::symlink(dir.write("victim", "").c_str(), path.c_str()),
                                          0);
                              }},
                      Planted{"DanglingLink", "symbolic link",
                              [](const TempDir& dir, const std::string& path) {
                                EXPECT_EQ(::symlink((dir / "victim").c_str(), path.c_str()), 0);
                              }},
                      Planted{"HardLink", "other names",
                              [](const TempDir& dir, const std::string& path) {
                                EXPECT_EQ(::link(dir.write("victim", "").c_str(), path.c_str()), 0);
                              }},
                      Planted{"Fifo", "not a regular file",
                              [](const TempDir&, const std::string& path) {
                                EXPECT_EQ(::mkfifo(path.c_str(), 0666), 0);
                              }},
                      Planted{"Directory", "not a regular file",
                              [](const TempDir&, const std::string& path) {
                                EXPECT_EQ(::mkdir(path.c_str(), 0777), 0);
                              }},
                      Planted{"Device", "not a regular file",
                              [](const TempDir&, const std::string& path) {
                                EXPECT_EQ(::mknod(path.c_str(), S_IFCHR | 0666, 0x103),
                                          0);  // /dev/null
                              }},
                      Planted{"Socket", "not a regular file",
                              [](const TempDir&, const std::string& path) {
                                EXPECT_EQ(::mknod(path.c_str(), S_IFSOCK | 0666, 0), 0);
                              }}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(StdioPlanted, IsRefusedAndLeftAlone) {
  for (const As as : {As::kRoot, As::kOrdinaryUser}) {
    sandbox_number_ = static_cast<int>(as);
    make_sandbox(as, sandbox_number_);
    GetParam().plant(dir_, sandbox(sandbox_number_) + "/stderr");
    const auto result = run(shell_entry("touch started; echo bad >&2"), as, to_sandbox_);
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, AllOf(HasSubstr("'stderr' in the sandbox"),
                                  HasSubstr(GetParam().message), HasSubstr("remove it")));
    EXPECT_THAT(placed(sandbox_number_), Not(Contains("started")));
    if (exists(dir_ / "victim")) {
      EXPECT_EQ(read_file(dir_ / "victim"), "");
      ::unlink((dir_ / "victim").c_str());
    }
  }
}

TEST_F(Stdio, WhatAnArchivePlantedIsRefusedToo) {
  dir_.make_directory("tree");
  const std::string victim = dir_.write("victim", "");
  ASSERT_EQ(::symlink("elsewhere", (dir_ / "tree/stdout").c_str()), 0);
  const std::string archive = dir_ / "a.tar.gz";
  ASSERT_EQ(run_program({"tar", "-caf", archive, "-C", dir_ / "tree", "stdout"}).exit_code, 0);
  const auto result =
      run(shell_entry("echo bad", cat(R"({"value":")", archive, R"("})")), As::kRoot, to_sandbox_);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("'stdout' in the sandbox is a symbolic link"));
  EXPECT_FALSE(exists(sandbox() + "/elsewhere"));
}

TEST_F(Stdio, AFileThatTheUserMayNotWriteIsAnError) {
  make_sandbox(As::kRootForUser);
  dir_.write("sandbox-0/stdout", "root's", 0644);
  const auto result = run(shell_entry("echo bad"), As::kRootForUser, to_sandbox_);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("'stdout'"));
  EXPECT_EQ(read_file(output()), "root's");
}

TEST_F(Stdio, UrisAndVolumesMayNotTakeTheNames) {
  make_sandbox(As::kRoot);
  dir_.make_directory("volume");
  const std::string file = dir_.write("file", "x");
  const auto with_volume = [&](std::string_view target) {
    return shell_entry("touch started", "",
                       cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "volume",
                           R"(","container_path":")", target, R"("}])"));
  };
  const auto with_uri = [&](std::string_view name) {
    return shell_entry("touch started",
                       cat(R"({"value":")", file, R"(","output_file":")", name, R"("})"));
  };
  for (const std::string& bad :
       {with_volume("stdout"), with_volume("stderr/x"), with_volume(sandbox() + "/stdout"),
        with_uri("stderr"), with_uri("stdout/x")}) {
    const auto result = run(bad, As::kRoot, to_sandbox_);
    EXPECT_EQ(result.exit_code, 125) << bad;
    EXPECT_THAT(result.err, HasSubstr("--stdio=sandbox")) << bad;
  }
  EXPECT_THAT(placed(), Not(Contains("started")));
  EXPECT_EQ(run(with_uri("stdout")).exit_code, 0) << "without the option the name is free";
  EXPECT_EQ(run(with_uri("sub/stdout"), As::kRoot, to_sandbox_).exit_code, 0);
}

TEST_F(Stdio, PlanShowsIt) {
  const std::string file = dir_.write("e.json", shell_entry("true"));
  EXPECT_THAT(slipway({"plan", file, "--stdio=sandbox"}).out,
              HasSubstr("appended to 'stdout' and 'stderr' in the sandbox"));
  EXPECT_THAT(slipway({"plan", file}).out, HasSubstr("stdio   as slipway's"));
  EXPECT_THAT(slipway({"plan", file, "--stdio=sandbox", "--format=json"}).out,
              HasSubstr("\"stdio\": \"sandbox\""));
  const auto wrong = slipway({"plan", file, "--stdio=file"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("neither inherit nor sandbox"));
}

}  // namespace
}  // namespace slipway::tests
