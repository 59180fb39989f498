// The sandbox of a launch: which it is, who may make it, and one launch at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/base/text.h"
#include "tests/cli/exec_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Exec, WithoutASandboxANewOneIsMadeKeptAndPrinted) {
  const auto result =
      slipway({"run", "-"}, As::kOrdinaryUser, {}, shell_entry("pwd; stat -c '%a %u' ."));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string path = result.out.substr(0, result.out.find('\n'));
  EXPECT_THAT(path, ::testing::StartsWith("/tmp/slipway-test-"));
  EXPECT_THAT(result.out, HasSubstr("750 65534"));
  EXPECT_THAT(result.err, HasSubstr(cat("sandbox '", path, "'")));
  EXPECT_TRUE(exists(path));
  run_program({"rm", "-rf", path});
}

TEST_F(Exec, MesosSandboxIsTakenWhereItIsTheCurrentDirectory) {
  make_sandbox(As::kRoot);
  RunOptions options;
  options.env = std::vector<std::string>{"PATH=/bin", cat("MESOS_SANDBOX=", sandbox())};
  options.cwd = sandbox();
  options.stdin_text = shell_entry("pwd");
  EXPECT_EQ(run_program({program_, "run", "-"}, options).out, cat(sandbox(), "\n"));
  options.cwd = "/";
  const auto other = run_program({program_, "run", "-"}, options);
  EXPECT_THAT(other.out, ::testing::StartsWith("/tmp/slipway-test-"));
  run_program({"rm", "-rf", other.out.substr(0, other.out.size() - 1)});
}

TEST_P(ExecAs, AMissingSandboxIsMadeForTheUser) {
  const std::string path = dir_ / "made";
  ASSERT_EQ(::chmod(dir_.path().c_str(), GetParam() == As::kOrdinaryUser ? 01777 : 0755), 0);
  const auto result =
      slipway({"run", "-", "--sandbox", path}, GetParam(), {}, shell_entry("stat -c '%a %u' ."));
  EXPECT_EQ(result.out, GetParam() == As::kRoot ? "750 0\n" : "750 65534\n") << result.err;
}

TEST_F(Exec, TheAgentsOwnSandboxVariablesAreLeftAsTheyAre) {
  make_sandbox(As::kRoot);
  RunOptions options;
  options.env = std::vector<std::string>{"PATH=/bin", cat("MESOS_SANDBOX=", sandbox()),
                                         "MESOS_DIRECTORY=/on/the/host"};
  options.cwd = sandbox();
  options.stdin_text = shell_entry("echo $MESOS_SANDBOX $MESOS_DIRECTORY");
  EXPECT_EQ(run_program({program_, "run", "-"}, options).out, cat(sandbox(), " /on/the/host\n"));
}

TEST_F(Exec, ASandboxIsNotMadeWhereOthersCouldSwapIt) {
  const std::string theirs = dir_.make_directory("theirs", 0755);
  ASSERT_EQ(::chown(theirs.c_str(), 1000, 1000), 0);
  const auto result = slipway({"run", "-", "--sandbox", theirs + "/box"}, As::kRootForUser, {},
                              shell_entry("true"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("make the directory beforehand"));
  EXPECT_FALSE(exists(theirs + "/box"));
}

// What run says, plan says beforehand; and nothing is left of what could not be used.
class SandboxToMake : public Exec {
 protected:
  void expect_refused(const std::string& path, As as, const std::string& why) {
    for (const char* command : {"plan", "run"}) {
      const auto result =
          slipway({command, "-", "--sandbox", path, "--no-cache"}, as, {}, shell_entry("true"));
      EXPECT_EQ(result.exit_code, 125) << command << ' ' << path;
      EXPECT_THAT(result.err, AllOf(HasSubstr(why), HasSubstr("[E-SANDBOX]"))) << command;
    }
    EXPECT_FALSE(exists(path));
  }
  // A directory of that user's with a link to `target` in it, which is theirs too.
  std::string make_link(uid_t user, const std::string& target) {
    const std::string home = dir_.make_directory(cat("of-", user), 0755);
    std::string link = home + "/link";
    EXPECT_EQ(::symlink(target.c_str(), link.c_str()), 0);
    EXPECT_EQ(::lchown(link.c_str(), user, user), 0);
    EXPECT_EQ(::chown(home.c_str(), user, user), 0);
    return link;
  }
};

TEST_F(SandboxToMake, ByRootsRightsIsNoneMadeWhereALinkOfTheTasksUserLeads) {
  const std::string roots = dir_.make_directory("roots", 0755);
  const std::string link = make_link(kNobody, "../roots");
  expect_refused(link + "/box", As::kRootForUser, "may not write to");
  expect_refused(link + "/box", As::kRoot, "neither root nor the task's user");
  ASSERT_EQ(::chown(roots.c_str(), kNobody, kNobody), 0);
  const auto own = slipway({"run", "-", "--sandbox", link + "/box", "--no-cache"}, As::kRootForUser,
                           {}, shell_entry("pwd"));
  EXPECT_EQ(own.out, roots + "/box\n") << own.err;
}

TEST_F(SandboxToMake, IsNotMadeBehindALinkOfSomebodyElse) {
  dir_.make_directory("open", 0777);
  ASSERT_EQ(::chmod((dir_ / "open").c_str(), 0777), 0);
  const std::string link = make_link(1000, "../open");
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    expect_refused(link + "/box", as, "neither root nor the task's user");
  }
  ASSERT_EQ(::lchown(link.c_str(), 0, 0), 0);
  EXPECT_EQ(slipway({"run", "-", "--sandbox", link + "/box", "--no-cache"}, As::kRootForUser, {},
                    shell_entry("pwd"))
                .out,
            dir_ / "open/box\n");
}

TEST_F(SandboxToMake, ThatItsUserCannotEnterIsNotLeftBehind) {
  const std::string closed = dir_.make_directory("closed", 0700);
  expect_refused(closed + "/box", As::kRootForUser, "closed");
}

TEST_F(SandboxToMake, IsNotPromisedWhereOthersCouldSwapIt) {
  const std::string theirs = dir_.make_directory("theirs", 0755);
  ASSERT_EQ(::chown(theirs.c_str(), 1000, 1000), 0);
  expect_refused(theirs + "/box", As::kRootForUser, "may not write to");
}

TEST_F(Exec, ALinkInPlaceOfSlipwaysOwnDirectoryIsRefused) {
  make_sandbox(As::kRoot);
  dir_.make_directory("victim");
  ASSERT_EQ(::symlink((dir_ / "victim").c_str(), (sandbox() + "/.slipway").c_str()), 0);
  const auto result = run(shell_entry("touch started", cat(R"({"value":")", probe_, R"("})")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(placed(), Not(Contains("started")));
}

// In whichever way its container_path is written.
TEST_F(Exec, AFileThatAVolumeWillHideIsWarnedAbout) {
  for (const std::string& path : {std::string("data"), sandbox() + "/data"}) {
    const std::string text =
        shell_entry("true", cat(R"({"value":")", probe_, R"(","output_file":"data/f"})"),
                    cat(R"("volume_mounts":[{"host_path":"/usr","container_path":")", path,
                        R"(","mode":"RO"}])"));
    const auto result = run(text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("where the volume on 'data' will hide it"));
  }
}

TEST_F(Exec, OneSlipwayAtATimeWorksInASandbox) {
  make_sandbox(As::kRoot);
  dir_.make_directory("sandbox-0/.slipway", 0700);
  const auto result =
      run_program({"flock", sandbox() + "/.slipway", program_, "run",
                   dir_.write("e.json", shell_entry("true")), "--sandbox", sandbox()});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("another slipway is at work in this sandbox"),
                                HasSubstr("[E-SANDBOX]")));
  const auto fetch =
      run_program({"flock", sandbox() + "/.slipway", program_, "fetch",
                   dir_.write("e.json", shell_entry("true")), "--sandbox", sandbox()});
  EXPECT_EQ(fetch.exit_code, 1);
  EXPECT_THAT(fetch.err, AllOf(HasSubstr("another slipway is at work in this sandbox"),
                               HasSubstr("[E-SANDBOX]")));
  EXPECT_EQ(run(shell_entry("true")).exit_code, 0);
}

// It then says no more than who can read what is left in the sandbox.
TEST_F(Exec, AMesosSandboxThatNobodyCanLookAtIsNoErrorWhereAnotherIsNamed) {
  make_sandbox(As::kOrdinaryUser);
  const std::string closed = dir_.make_directory("closed", 0700);
  const auto result = slipway({"run", "-", "--sandbox", sandbox()}, As::kOrdinaryUser,
                              {cat("MESOS_SANDBOX=", closed, "/sandbox")}, shell_entry("echo ran"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "ran\n");
}

// All that root needs for another user is to become that user; on NFS it has no more anyway.
TEST_F(Exec, RootWhoMustHeedRightsEntersTheUsersSandbox) {
  in_front_ = {"/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"};
  int number = 0;
  for (const std::string& rest :
       {std::string(), cat(R"("volume_mounts":[{"mode":"RO","host_path":")",
                           dir_.make_directory("volume"), R"(","container_path":"v"}])")}) {
    make_sandbox(As::kRootForUser, sandbox_number_ = number++);
    ASSERT_EQ(::chmod(sandbox(sandbox_number_).c_str(), 0700), 0);
    const auto result = run(shell_entry("pwd", "", rest), As::kRootForUser);
    EXPECT_EQ(result.out, cat(sandbox(sandbox_number_), '\n')) << result.err;
  }
}

// With them it would have root's rights to files as that user.
TEST_F(Exec, RootWhoseCapabilitiesOutliveAChangeOfUserIsRefused) {
  const std::string closed = dir_.make_directory("closed", 0700);
  in_front_ = {"/usr/bin/setpriv", "--securebits=+no_setuid_fixup"};
  const auto result = slipway({"run", "-", "--sandbox", closed + "/new"}, As::kRootForUser, {},
                              shell_entry("true"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("no-setuid-fixup"), HasSubstr("E-BECOME")));
  EXPECT_FALSE(exists(closed + "/new"));
}

// What plan and then run end with, and the last code that each has said.
class Foreseen : public ExecAs {
 protected:
  std::vector<std::string> outcomes(const std::string& box, const std::string& cache_dir) {
    const std::string file = dir_.write(
        "e.json",
        shell_entry("true", cat(R"({"value":")", dir_.write("x", "x"), R"(","cache":true})")));
    std::vector<std::string> codes;
    for (const char* name : {"plan", "run"}) {
      const auto result =
          slipway({name, file, "--sandbox", box, "--cache-dir", cache_dir}, GetParam());
      const std::size_t at = result.err.rfind("[E-");
      codes.push_back(cat(result.exit_code, at == std::string::npos ? "" : result.err.substr(at)));
    }
    return codes;
  }
};
INSTANTIATE_TEST_SUITE_P(All, Foreseen,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

// Where it would be refused anyhow, and with the same code.
TEST_P(Foreseen, WhatCannotBeWrittenTo) {
  make_sandbox(GetParam());
  const std::string good = cache(GetParam());
  EXPECT_THAT(outcomes(sandbox(), dir_ / "x"), Each("125[E-CACHE]\n"));
  EXPECT_THAT(outcomes(sandbox(), "/proc"), Each("125[E-CACHE]\n"));
  EXPECT_THAT(outcomes(sandbox(), good), Each("0"));
  if (GetParam() == As::kRoot) return;  // may write everywhere
  const std::string closed = dir_.make_directory("closed", 0755);
  EXPECT_THAT(outcomes(closed, good), Each("125[E-SANDBOX]\n"));
  const std::string own = dir_.make_directory("own");
  ASSERT_EQ(::chown(own.c_str(), kNobody, kNobody), 0);
  for (const mode_t mode : {0300U, 0400U, 0600U}) {
    ASSERT_EQ(::chmod(own.c_str(), mode), 0);
    EXPECT_THAT(outcomes(own, good), Each("125[E-SANDBOX]\n")) << mode;
  }
  // One in which a launch worked before: slipway's own place is there, a file's is not.
  ASSERT_EQ(::chmod(own.c_str(), 0700), 0);
  EXPECT_THAT(outcomes(own, good), Each("0"));
  ASSERT_EQ(::chmod(own.c_str(), 0500), 0);
  EXPECT_THAT(outcomes(own, good), ElementsAre("125[E-SANDBOX]\n", "125[E-FETCH]\n"));
  if (GetParam() == As::kRootForUser) return;  // it makes what is missing for the user
  EXPECT_THAT(outcomes(closed + "/new", good), Each("125[E-SANDBOX]\n"));
}

TEST_P(Foreseen, ACacheThatCannotBeMade) {
  make_sandbox(GetParam());
  const std::string closed = dir_.make_directory("closed", 0755);
  const std::string own = dir_.make_directory("own");
  ASSERT_EQ(::chown(own.c_str(), GetParam() == As::kRoot ? 0 : kNobody, 0), 0);
  EXPECT_THAT(outcomes(sandbox(), own + "/many/more/cache"), Each("0"));
  EXPECT_THAT(outcomes(sandbox(), dir_ / "x/cache"), Each("125[E-CACHE]\n"));
  ASSERT_EQ(::symlink("nowhere", (own + "/dangling").c_str()), 0);
  EXPECT_THAT(outcomes(sandbox(), own + "/dangling/cache"), Each("125[E-CACHE]\n"));
  const std::string empty = dir_.make_directory("own/empty", 0500);
  const std::string in_use = own + "/many/more/cache";
  ASSERT_EQ(::chown(empty.c_str(), GetParam() == As::kRoot ? 0 : kNobody, 0), 0);
  ASSERT_EQ(::chmod(in_use.c_str(), 0500), 0);
  EXPECT_THAT(outcomes(sandbox(), in_use), Each("0"));
  const bool may_all = GetParam() == As::kRoot;
  EXPECT_THAT(outcomes(sandbox(), empty), Each(may_all ? "0" : "125[E-CACHE]\n"));
  EXPECT_THAT(outcomes(sandbox(), closed + "/new/cache"), Each(may_all ? "0" : "125[E-CACHE]\n"));
}

TEST_F(Exec, ADefaultCacheThatCannotBeMadeIsForeseenByPlan) {
  make_sandbox(As::kOrdinaryUser);
  const std::string home = cat("HOME=", dir_.make_directory("home", 0755));
  const std::string entry =
      shell_entry("true", cat(R"({"value":")", dir_.write("x", "x"), R"(","cache":true})"));
  for (const char* name : {"plan", "run"}) {
    const auto result =
        slipway({name, "-", "--sandbox", sandbox()}, As::kOrdinaryUser, {home}, entry);
    EXPECT_EQ(result.exit_code, 0) << name;
    EXPECT_THAT(result.out + result.err, HasSubstr("going on without a cache")) << name;
  }
  const std::string archive = dir_ / "a.tar";
  ASSERT_EQ(run_program({"tar", "-cf", archive, "-C", dir_.path(), "x"}).exit_code, 0);
  for (const char* name : {"plan", "run"}) {
    const auto result =
        slipway({name, "-", "--sandbox", sandbox(), "--materialize=overlay"}, As::kOrdinaryUser,
                {home}, shell_entry("true", cat(R"({"value":")", archive, R"(","cache":true})")));
    EXPECT_EQ(result.exit_code, 125) << name;
    EXPECT_THAT(result.err, AllOf(HasSubstr("overlay cannot be had"), HasSubstr("E-MOUNT")))
        << name;
  }
}

}  // namespace
}  // namespace slipway::tests
