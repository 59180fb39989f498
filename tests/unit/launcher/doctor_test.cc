// What the checks of `slipway doctor` make of what they read, and how they come back.
#include "launcher/doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "launcher/doctor/doctor_cache.h"
#include "launcher/doctor/doctor_child.h"
#include "launcher/doctor/doctor_confinement.h"
#include "launcher/doctor/doctor_place.h"
#include "launcher/doctor/doctor_sandbox.h"
#include "launcher/doctor/doctor_volumes.h"
#include "tests/support/result_matchers.h"

namespace slipway::launcher {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::FailsWith;

auto says(Verdict verdict, const std::string& what) {
  return AllOf(Field(&Finding::verdict, verdict), Field(&Finding::what, HasSubstr(what)));
}
// Whatever is not in order has a remedy, whatever is has none.
auto says(Verdict verdict, const std::string& what, const std::string& remedy) {
  return AllOf(says(verdict, what), Field(&Finding::remedy, HasSubstr(remedy)));
}

const Error kRefused = Error::system(EPERM, "unshare").hint("do this");

TEST(DoctorChild, FindingsTravelWhole) {
  std::vector<Finding> sent{ok("a", "fine"), warn("b\"\n", "'\xc3\xa9'", "x"), fail("c", "", "y")};
  const auto came = in_child([&] { return sent; }, milliseconds(10'000));
  ASSERT_TRUE(came) << came.error().message();
  ASSERT_THAT(*came, SizeIs(3));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ((*came)[i].subject, sent[i].subject);
    EXPECT_EQ((*came)[i].verdict, sent[i].verdict);
    EXPECT_EQ((*came)[i].what, sent[i].what);
    EXPECT_EQ((*came)[i].remedy, sent[i].remedy);
  }
}

TEST(DoctorChild, MuchMoreThanAPipeHoldsTravelsToo) {
  std::vector<Finding> sent(5000, ok("subject", "0123456789012345678901234567890123456789"));
  const auto came = in_child([&] { return sent; }, milliseconds(10'000));
  ASSERT_TRUE(came) << came.error().message();
  EXPECT_THAT(*came, SizeIs(5000));
}

TEST(DoctorChild, ACheckThatCrashesIsAnErrorOfItsOwn) {
  const auto crashed = in_child(
      []() -> std::vector<Finding> {
        ::signal(SIGKILL, SIG_DFL);
        ::raise(SIGKILL);
        return {};
      },
      milliseconds(10'000));
  EXPECT_THAT(crashed, FailsWith(HasSubstr("was killed by signal 9")));
  const auto silent = in_child([]() -> std::vector<Finding> { ::_exit(0); }, milliseconds(10'000));
  EXPECT_THAT(silent, FailsWith(HasSubstr("says nothing")));
}

TEST(DoctorChild, ACheckThatHangsIsEndedInTime) {
  const auto begin = std::chrono::steady_clock::now();
  const auto hung = in_child(
      []() -> std::vector<Finding> {
        for (;;) ::pause();
      },
      milliseconds(200));
  EXPECT_THAT(hung, FailsWith(HasSubstr("took longer than")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(DoctorChild, ACallerThatIgnoresItsChildrenGetsTheirFindings) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  const auto came = in_child([] { return std::vector{ok("a", "b")}; }, milliseconds(10'000));
  ::signal(SIGCHLD, before);
  ASSERT_TRUE(came) << came.error().message();
  EXPECT_THAT(*came, SizeIs(1));
}

TEST(DoctorChild, WhatIsNoFindingIsRefused) {
  EXPECT_THAT(unpack(""), FailsWith(HasSubstr("says nothing")));
  EXPECT_THAT(unpack("{}"), FailsWith(HasSubstr("findings")));
  EXPECT_THAT(unpack(R"({"findings":[{"subject":"a","verdict":3,"what":"b","remedy":""}]})"),
              FailsWith(HasSubstr("verdict")));
}

TEST(DoctorVolumes, WhatWorksIsNamed) {
  const Result<mounts::Tried> tried(mounts::Tried{});
  const auto finding = judge_volumes("volumes-as-user", tried, Otherwise::kNothing, Selinux::kOff);
  EXPECT_THAT(finding, says(Verdict::kOk, "a user and a mount namespace"));
  EXPECT_THAT(finding.what, HasSubstr("mount_setattr"));
  EXPECT_THAT(finding.remedy, IsEmpty());
  EXPECT_THAT(judge_volumes("volumes-as-root", tried, Otherwise::kNothing, Selinux::kOff).what,
              Not(HasSubstr("user")));
}

TEST(DoctorVolumes, TheClassicCallsAreAWarning) {
  const Result<mounts::Tried> tried(mounts::Tried{.dialect = mounts::Dialect::kClassic});
  EXPECT_THAT(judge_volumes("volumes-as-root", tried, Otherwise::kNothing, Selinux::kOff),
              says(Verdict::kWarn, "by mount(2)", "open_tree"));
}

TEST(DoctorVolumes, NoVolumesAreAFailureUnlessRootCanHaveThem) {
  const Result<mounts::Tried> tried(kRefused);
  EXPECT_THAT(judge_volumes("volumes-as-user", tried, Otherwise::kNothing, Selinux::kOff),
              says(Verdict::kFail, "unshare", "do this"));
  EXPECT_THAT(judge_volumes("volumes-as-user", tried, Otherwise::kRoot, Selinux::kOff),
              says(Verdict::kWarn, "volumes-for-user", "do this"));
}

TEST(DoctorVolumes, RootWithoutAUserNamespaceIsAWarning) {
  const Result<mounts::Tried> tried(mounts::Tried{.without_user_namespace = kRefused});
  const auto finding = judge_volumes("volumes-for-user", tried, Otherwise::kNothing, Selinux::kOff);
  EXPECT_THAT(finding, says(Verdict::kWarn, "no user namespace: unshare", "do this"));
  EXPECT_THAT(finding.what, Not(HasSubstr("a user and")));
}

TEST(DoctorVolumes, SelinuxIsNamedWhereItMayHaveDenied) {
  const auto remedy = [](const Error& error, Selinux selinux) {
    return judge_volumes("volumes-as-user", Result<mounts::Tried>(error), Otherwise::kNothing,
                         selinux)
        .remedy;
  };
  EXPECT_THAT(remedy(kRefused, Selinux::kEnforcing),
              AllOf(HasSubstr("do this"), HasSubstr("ausearch")));
  EXPECT_THAT(remedy(kRefused, Selinux::kOff), Not(HasSubstr("ausearch")));
  EXPECT_THAT(remedy(Error::system(ENOSPC, "unshare"), Selinux::kEnforcing),
              AllOf(Not(HasSubstr("ausearch")), Not(IsEmpty())));
}

TEST(DoctorVolumes, AMissingOverlayIsAWarning) {
  EXPECT_THAT(judge_overlay({}), says(Verdict::kOk, "overlay"));
  EXPECT_THAT(judge_overlay({.no_overlay = Error::system(ENODEV, "mount overlay")}),
              says(Verdict::kWarn, "No such device", "modprobe overlay"));
}

TEST(DoctorConfinement, LandlockNeedsItsSecondVersion) {
  EXPECT_THAT(judge_landlock(2, LandlockIs::kRequired), says(Verdict::kOk, "version 2"));
  EXPECT_THAT(judge_landlock(1, LandlockIs::kWanted),
              says(Verdict::kWarn, "the fetch stage runs without", "5.19"));
  EXPECT_THAT(judge_landlock(0, LandlockIs::kWanted), says(Verdict::kWarn, "none", "5.19"));
  EXPECT_THAT(judge_landlock(1, LandlockIs::kRequired),
              says(Verdict::kFail, "require_landlock is set", "unset require_landlock"));
}

TEST(DoctorConfinement, SecurityModulesAreNamed) {
  EXPECT_THAT(judge_modules({"landlock,apparmor", "slipway (enforce)", "x\nSeccomp:\t2\n"}),
              says(Verdict::kOk,
                   "landlock,apparmor; this process is 'slipway (enforce)'; a seccomp filter"));
  EXPECT_EQ(judge_modules({"landlock", "", "x\nSeccomp:\t0\n"}).what, "landlock");
}

TEST(DoctorCache, FileSystemsOfOtherHostsAndProgramsAreAWarning) {
  for (const char* local : {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "nfsd"}) {
    EXPECT_EQ(judge_cache_kind(local).verdict, Verdict::kOk) << local;
  }
  for (const char* remote : {"nfs", "nfs4", "cifs", "9p", "ceph", "fuse", "fuse.sshfs"}) {
    EXPECT_THAT(judge_cache_kind(remote), says(Verdict::kWarn, "flock", "--cache-dir")) << remote;
  }
}

TEST(DoctorCache, WhatTheOperatorNamedMustWork) {
  const Error error = Error("belongs to uid 3").hint("name another");
  EXPECT_THAT(judge_unusable_cache(fetcher::PlaceOrigin::kOperator, error),
              says(Verdict::kFail, "belongs to uid 3", "name another"));
  EXPECT_THAT(judge_unusable_cache(fetcher::PlaceOrigin::kRules, Error("gone")),
              says(Verdict::kWarn, "go on without a cache", "--cache-dir"));
}

TEST(DoctorCache, ReflinksAreNamedAndNeverNeeded) {
  const auto tried = [](int number) { return Result<void>(Error::system(number, "clone a file")); };
  EXPECT_THAT(judge_reflink({}, "xfs", Apart::kNo), says(Verdict::kOk, "xfs shares blocks"));
  EXPECT_THAT(judge_reflink(tried(EXDEV), "xfs", Apart::kYes),
              says(Verdict::kOk, "different file systems"));
  EXPECT_THAT(judge_reflink(tried(EOPNOTSUPP), "ext4", Apart::kNo),
              says(Verdict::kOk, "ext4 cannot share blocks"));
  EXPECT_THAT(judge_reflink(tried(EACCES), "ext4", Apart::kNo),
              says(Verdict::kWarn, "not tried", "cache"));
}

TEST(DoctorPlace, RoomIsWhatIsAboveTheReserve) {
  EXPECT_THAT(judge_room("r", {2000, 1000}, "cache"), says(Verdict::kOk, "2000 bytes free"));
  for (const std::uint64_t available : {0U, 999U, 1000U}) {
    EXPECT_THAT(judge_room("r", {available, 1000}, "cache"),
                says(Verdict::kWarn, "too little", "[cache]"));
  }
}

TEST(DoctorSandbox, NoexecFailsOnlyTheSandboxThatWasNamed) {
  sandbox::MountEntry mount;
  mount.mount_point = "/x";
  EXPECT_THAT(judge_execution(mount, SandboxState::kExisting), says(Verdict::kOk, "executed"));
  mount.options = {"rw", "noexec"};
  EXPECT_THAT(judge_execution(mount, SandboxState::kTemporary),
              says(Verdict::kWarn, "'/x' is mounted noexec", "--sandbox"));
  for (const auto state : {SandboxState::kExisting, SandboxState::kToMake, SandboxState::kAgents}) {
    EXPECT_THAT(judge_execution(mount, state), says(Verdict::kFail, "noexec", "remount,exec /x"));
  }
}

TEST(Doctor, OneFailureFailsTheWhole) {
  std::vector<Findings> all{{"one", {ok("a", "b"), warn("c", "d", "e")}}, {"empty", {}}};
  EXPECT_FALSE(has_failure(all));
  all.push_back({"two", {fail("f", "g", "h")}});
  EXPECT_TRUE(has_failure(all));
}

TEST(Doctor, EveryFindingIsALineUnderTheNameOfItsCheck) {
  const std::vector<Findings> all{{"one", {ok("a", "fine"), warn("long", "d", "do it")}},
                                  {"empty", {}},
                                  {"two", {fail("f", "bad", "mend it")}}};
  EXPECT_EQ(render_text(all),
            "one:\n"
            "ok    a     fine\n"
            "warn  long  d\n"
            "      do it\n"
            "two:\n"
            "FAIL  f     bad\n"
            "      mend it\n");
}

TEST(Doctor, JsonHasTheSame) {
  const auto json = nlohmann::json::parse(
      render_json({{"one", {ok("a", "fine")}}, {"two", {fail("f", "bad", "mend it")}}}), nullptr,
      false);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["failed"], true);
  EXPECT_EQ(json["findings"][0],
            nlohmann::json::parse(
                R"({"check":"one","subject":"a","verdict":"ok","what":"fine","remedy":""})"));
  EXPECT_EQ(json["findings"][1]["verdict"], "fail");
  EXPECT_EQ(json["findings"][1]["remedy"], "mend it");
}

}  // namespace
}  // namespace slipway::launcher
