// `slipway doctor` on the places of the cache and of the sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "tests/cli/doctor_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using DoctorPlace = DoctorTest;

INSTANTIATE_TEST_SUITE_P(By, DoctorPlace,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(DoctorPlace, TheCacheIsThatOfRunAndTheReasonIsSaid) {
  EXPECT_THAT(doctor_here()["cache"], says("ok", "(--cache-dir)"));
  const std::string mine = own_directory("mine");
  EXPECT_THAT(doctor({}, {"SLIPWAY_CACHE_DIR=" + mine})["cache"],
              says("ok", cat("'", mine, "' (SLIPWAY_CACHE_DIR)")));
  const auto by_home = doctor({}, {"HOME=" + mine})["cache"];
  const auto by_xdg = doctor({}, {"HOME=" + mine, "XDG_CACHE_HOME=" + mine + "/xdg"})["cache"];
  if (GetParam() == As::kOrdinaryUser) {
    EXPECT_THAT(by_home, says("ok", cat(mine, "/.cache/slipway' (HOME)")));
    EXPECT_THAT(by_xdg, says("ok", cat(mine, "/xdg/slipway' (XDG_CACHE_HOME)")));
  } else {
    EXPECT_THAT(by_home, says("ok", cat("'/var/cache/slipway/users/", owner(), "' (started as")));
  }
  EXPECT_TRUE(fs::is_empty(mine));
  EXPECT_FALSE(exists("/var/cache/slipway"));
}

TEST_P(DoctorPlace, WhereTheRulesNameNoCacheThereIsAWarning) {
  const auto answer = doctor();
  if (GetParam() == As::kOrdinaryUser) {
    EXPECT_THAT(answer["cache"], says("warn", "there is no HOME", "/var/cache/slipway/users"));
  } else {
    EXPECT_EQ(answer["cache"].verdict, "ok") << "root makes one";
  }
  EXPECT_EQ(answer.exit_code, 0) << answer.text;
}

TEST_P(DoctorPlace, ACacheOfSomebodyElseFailsWhereItWasAskedFor) {
  const std::string theirs = dir_.make_directory("theirs", 0755);
  ASSERT_EQ(::chown(theirs.c_str(), 1234, 1234), 0);
  const auto answer = doctor({"--cache-dir", theirs});
  EXPECT_THAT(answer["cache"], says("fail", "belongs to uid 1234", "name another directory"));
  EXPECT_THAT(failures(answer), ElementsAre("cache"));
  const std::string open = own_directory("open", 0755);
  EXPECT_THAT(doctor({"--cache-dir", open})["cache"], says("fail", "mode must be 0700", "chmod"));
  dir_.write("open/document", "of somebody");
  EXPECT_THAT(
      doctor({"--cache-dir", open})["cache"],
      says("fail", cat("'", open, "': is open to other users"), "that is the cache's alone"));
}

TEST_P(DoctorPlace, ASandboxOfTheUsersOwnThatIsClosedIsOpenedByChmod) {
  if (!is_user()) return;  // root may write everywhere
  const std::string closed = own_directory("closed", 0500);
  EXPECT_THAT(doctor({"--sandbox", closed})["sandbox"],
              says("fail", "may not write", "chmod u+rwx"));
}

// Root's lies elsewhere.
using DoctorPlaceOfUser = DoctorTest;
INSTANTIATE_TEST_SUITE_P(By, DoctorPlaceOfUser, ::testing::Values(As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(DoctorPlaceOfUser, ACacheOfTheRulesThatCannotBeHadIsAWarning) {
  const std::string home = dir_.make_directory("home", 0755);
  const auto answer = doctor({}, {"HOME=" + home});
  EXPECT_THAT(answer["cache"], says("warn", "may not write to", "SLIPWAY_CACHE_DIR"));
  EXPECT_EQ(answer.exit_code, 0);
}

TEST_P(DoctorPlace, ACacheThatCannotBeWrittenFails) {
  const std::string disk = mount_memory("read-only", MS_RDONLY, "");
  EXPECT_THAT(doctor({"--cache-dir", disk})["cache"],
              says("fail", "is mounted read-only", "--cache-dir"));
  EXPECT_THAT(doctor({"--cache-dir", disk + "/new"})["cache"],
              says("fail", "is mounted read-only", "--cache-dir"));
  EXPECT_THAT(doctor({"--cache-dir", probe_})["cache"],
              says("fail", "Not a directory", "--cache-dir"));
  if (!is_user()) return;  // root may
  EXPECT_THAT(doctor({"--cache-dir", dir_ / "new"})["cache"],
              says("fail", "uid 65534 'nobody' may not write to", "--cache-dir"));
}

TEST_P(DoctorPlace, AFullFileSystemIsAWarning) {
  const std::string disk = mount_memory("full", 0, "size=1m");
  const std::string words =
      cat("[cache]\nfree_space_reserve = \"500K\"\n[extract]\n", "free_space_reserve = \"500K\"\n");
  const std::vector<std::string> both{"--cache-dir", disk,         "--sandbox",
                                      disk,          "--settings", settings(words)};
  const auto before = doctor(both);
  EXPECT_THAT(before["cache-space"], says("ok", "500 kB are to stay free"));
  EXPECT_THAT(before["sandbox-space"], says("ok", "500 kB are to stay free"));
  dir_.write("full/large", std::string(700'000, 'x'));
  const auto after = doctor(both);
  EXPECT_THAT(after["cache-space"], says("warn", "too little", "[cache]"));
  EXPECT_THAT(after["sandbox-space"], says("warn", "too little", "[extract]"));
  EXPECT_EQ(after.exit_code, 0);
}

TEST_P(DoctorPlace, BlocksAreSharedOnAFileSystemThatCan) {
  const std::string disk = mount_disk("xfs", "xfs");
  for (const char* name : {"xfs/cache", "xfs/sandbox"}) own_directory(name);
  const auto answer = doctor({"--cache-dir", disk + "/cache", "--sandbox", disk + "/sandbox"});
  EXPECT_THAT(answer["reflink"], says("ok", "xfs shares blocks"));
  EXPECT_THAT(answer["cache-file-system"], says("ok", "xfs"));
  EXPECT_THAT(doctor({"--cache-dir", disk + "/cache", "--sandbox", sandbox()})["reflink"],
              says("ok", "on different file systems"));
  EXPECT_TRUE(fs::is_empty(disk + "/cache") && fs::is_empty(disk + "/sandbox"));
}

TEST_P(DoctorPlace, BlocksAreCopiedOnAFileSystemThatCannotShare) {
  const std::string disk = mount_memory("memory", 0, "");
  for (const char* name : {"memory/cache", "memory/sandbox"}) own_directory(name);
  EXPECT_THAT(doctor({"--cache-dir", disk + "/cache", "--sandbox", disk + "/sandbox"})["reflink"],
              says("ok", "tmpfs cannot share blocks; files are copied"));
}

TEST_P(DoctorPlace, TheSandboxIsTheAgentsWhereItIsTheCurrentDirectory) {
  EXPECT_THAT(doctor()["sandbox"], says("ok", "'/tmp' (in which a launch without --sandbox"));
  EXPECT_THAT(doctor({}, {"MESOS_SANDBOX=/usr"})["sandbox"], says("ok", "'/tmp'"));
  make_sandbox(GetParam());
  in_front_ = {"/usr/bin/env", "--chdir=" + sandbox()};
  EXPECT_THAT(doctor({}, {"MESOS_SANDBOX=" + sandbox()})["sandbox"],
              says("ok", cat("'", sandbox(), "' (MESOS_SANDBOX)")));
}

TEST_P(DoctorPlace, TheSandboxIsFoundAsALaunchFindsIt) {
  make_sandbox(GetParam());
  in_front_ = {"/usr/bin/env", "--chdir=" + sandbox()};
  EXPECT_THAT(doctor({"--sandbox", "../sandbox-0"})["sandbox"],
              says("ok", cat("'", sandbox(), "' (--sandbox)")));
  EXPECT_THAT(doctor({"--sandbox", probe_})["sandbox"],
              says("fail", "is not a directory", "name a directory"));
}

TEST_P(DoctorPlace, ASandboxThatCannotBeWrittenFails) {
  EXPECT_THAT(doctor({"--sandbox", dir_ / "a/b"})["sandbox"],
              says("fail", "No such file or directory", "first make "));
  EXPECT_THAT(doctor({"--sandbox", mount_memory("read-only", MS_RDONLY, "")})["sandbox"],
              says("fail", "is mounted read-only", "--sandbox"));
  if (!is_user()) return;  // root may
  const std::string roots = dir_.make_directory("roots");
  EXPECT_THAT(doctor({"--sandbox", roots})["sandbox"], says("fail", "may not write to", "chown"));
  EXPECT_THAT(doctor({"--sandbox", "/etc"})["sandbox"],
              says("fail", "may not write to", "name a directory elsewhere"));
  // One that is missing root makes for the user, where nobody else could exchange it.
  const bool root_makes_it = GetParam() == As::kRootForUser;
  EXPECT_EQ(doctor({"--sandbox", roots + "/new"})["sandbox"].verdict,
            root_makes_it ? "ok" : "fail");
  ASSERT_EQ(::chown(roots.c_str(), 1234, 0), 0);
  EXPECT_THAT(doctor({"--sandbox", roots + "/new"})["sandbox"],
              says("fail", "may not write to", "make the directory beforehand"));
}

TEST_P(DoctorPlace, ASandboxWhoseProgramsCannotRunFails) {
  const std::string disk = mount_memory("noexec", MS_NOEXEC, "");
  const auto answer = doctor({"--sandbox", disk, "--cache-dir", cache(GetParam())});
  EXPECT_THAT(answer["sandbox-execution"], says("fail", "noexec", "remount,exec"));
  EXPECT_THAT(failures(answer), ElementsAre("sandbox-execution"));
}

}  // namespace
}  // namespace slipway::tests
