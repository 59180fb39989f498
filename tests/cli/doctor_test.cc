// `slipway doctor` on hosts that have everything, and on hosts that lack one thing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "sandbox/base/text.h"
#include "sandbox/version.h"
#include "tests/cli/doctor_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Doctor = DoctorTest;

INSTANTIATE_TEST_SUITE_P(By, Doctor,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

std::vector<std::string> volumes_of(As as) {
  switch (as) {
    case As::kRoot:
      return {"volumes-as-root", "volumes-for-user", "volumes-as-user"};
    case As::kRootForUser:
      return {"volumes-for-user", "volumes-as-user"};
    case As::kOrdinaryUser:
      return {"volumes-as-user"};
  }
  return {};
}

TEST_P(Doctor, AHostThatHasEverythingIsOk) {
  const auto answer = doctor_here();
  EXPECT_EQ(answer.exit_code, 0) << answer.text;
  for (const std::string& subject : volumes_of(GetParam())) {
    EXPECT_THAT(answer[subject], says("ok", "mount_setattr")) << subject;
  }
  for (const char* subject : {"user", "settings", "overlay", "landlock", "cache", "cache-space",
                              "cache-file-system", "reflink", "sandbox", "sandbox-execution",
                              "sandbox-space", "proxy-http", "proxy-https", "hadoop-client"}) {
    EXPECT_EQ(answer[subject].verdict, "ok") << subject << ": " << answer[subject];
  }
  EXPECT_THAT(answer["slipway-fetcher"], says("ok", cat("slipway-fetcher ", kVersion)));
  EXPECT_THAT(answer["user"], says("ok", cat("uid ", owner())));
  EXPECT_THAT(answer["authorities-by-hash"], says("ok", "'/etc/ssl/certs'"));
}

TEST_P(Doctor, WhatIsNotTheCallersIsNotTried) {
  const auto answer = doctor_here();
  EXPECT_EQ(answer.findings.count("volumes-as-root"), GetParam() == As::kRoot ? 1U : 0U);
  EXPECT_EQ(answer.findings.count("volumes-for-user"), GetParam() == As::kOrdinaryUser ? 0U : 1U);
  EXPECT_EQ(answer.findings.count("volumes-as-user"), 1U);
}

TEST_P(Doctor, TheTextHasALineForEachFindingBelowItsCheck) {
  const auto result = slipway({"doctor"}, GetParam());
  EXPECT_THAT(result.out, AllOf(HasSubstr("volumes:\nok    volumes-"), HasSubstr("\ncache:\n"),
                                HasSubstr("\nok    landlock ")));
}

TEST_P(Doctor, NothingIsChanged) {
  const auto names = [](const std::string& path) {
    std::vector<std::string> all;
    for (const auto& each : fs::directory_iterator(path)) all.push_back(each.path());
    std::sort(all.begin(), all.end());
    return all;
  };
  const std::string mounts = read_file("/proc/self/mountinfo");
  const auto before = names("/tmp");
  const auto answer = doctor(
      {"--cache-dir", own_directory("mine") + "/deep/cache", "--sandbox", dir_ / "mine/box"});
  EXPECT_THAT(answer["cache"], says("ok", "which the first launch makes"));
  EXPECT_THAT(answer["sandbox"], says("ok", "which the launch makes"));
  EXPECT_THAT(names(dir_ / "mine"), IsEmpty());
  doctor_here();
  EXPECT_THAT(names(cache(GetParam())), IsEmpty());
  EXPECT_THAT(names(sandbox()), IsEmpty());
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts);
  // Others work in /tmp meanwhile, tests among them.
  for (const std::string& name : names("/tmp")) {
    if (std::find(before.begin(), before.end(), name) != before.end()) continue;
    const std::string last = fs::path(name).filename();
    EXPECT_TRUE(!last.starts_with("slipway") || last.starts_with("slipway-test-")) << name;
  }
}

TEST_P(Doctor, WithoutTheNewMountCallsTheOldOnesAreAWarning) {
  for (const int number : {ENOSYS, EPERM}) {
    deny({SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_mount_setattr},
         number);
    const auto answer = doctor_here();
    EXPECT_EQ(answer.exit_code, 0);
    for (const std::string& subject : volumes_of(GetParam())) {
      EXPECT_THAT(answer[subject], says("warn", "by mount(2)", "Linux 5.12")) << subject;
    }
    EXPECT_THAT(answer["overlay"], says("warn", "new mount interface", "Linux 5.12"));
  }
}

TEST_P(Doctor, NamespacesThatAreDeniedFailAndNothingElseDoes) {
  deny({SYS_unshare}, EPERM);
  const auto answer = doctor_here();
  EXPECT_EQ(answer.exit_code, 1);
  for (const std::string& subject : volumes_of(GetParam())) {
    const bool root_has_another_way =
        GetParam() != As::kOrdinaryUser && subject == "volumes-as-user";
    EXPECT_THAT(answer[subject], says(root_has_another_way ? "warn" : "fail",
                                      "a seccomp filter is in force", "seccomp profile"))
        << subject;
  }
  for (const std::string& failed : failures(answer)) EXPECT_THAT(failed, HasSubstr("volumes-"));
  EXPECT_THAT(answer["security-modules"], says("ok", "a seccomp filter is in force"));
  EXPECT_EQ(answer["cache"].verdict, "ok");
}

TEST_P(Doctor, MountsThatAreDeniedInANamespaceFail) {
  deny({SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_mount_setattr,
        SYS_mount},
       EPERM);
  const auto answer = doctor_here();
  EXPECT_THAT(failures(answer), Contains(volumes_of(GetParam()).front())) << answer.text;
}

TEST_P(Doctor, NoUserNamespacesAreNamedByTheirSetting) {
  // Inside a user namespace of its own the limit is its own too, and the host's stays as it is.
  const std::string become =
      GetParam() == As::kOrdinaryUser ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : "";
  const std::string user = GetParam() == As::kRootForUser ? " -u nobody" : "";
  const auto answer = answer_of(run_program(
      {"/bin/bash", "-c",
       cat("unshare -U sleep 60 & pid=$!; trap \"kill $pid\" EXIT;",
           "until [ \"$(readlink /proc/$pid/ns/user)\" != \"$(readlink /proc/self/ns/user)\" ]; "
           "do :; done;",
           "echo 0 0 70000 > /proc/$pid/uid_map; echo 0 0 70000 > /proc/$pid/gid_map;",
           "nsenter -U -t $pid -S 0 -G 0 unshare -m sh -c 'echo 0 > "
           "/proc/sys/user/max_user_namespaces && exec ",
           become, program_, " doctor --format json --sandbox ", sandbox(), user, "'")}));
  const bool ordinary = GetParam() == As::kOrdinaryUser;
  EXPECT_THAT(answer["volumes-as-user"],
              says(ordinary ? "fail" : "warn", "user.max_user_namespaces is 0",
                   "sysctl -w user.max_user_namespaces"));
  if (!ordinary) {
    EXPECT_THAT(answer["volumes-for-user"],
                says("warn", "no user namespace: ", "sysctl -w user.max_user_namespaces"));
  }
}

TEST_P(Doctor, WithoutOverlayThereIsAWarningOnly) {
  const std::string filtered =
      dir_.write("no-overlay",
                 "#!/bin/sh\nexec strace -f -o /dev/null \\\n"
                 "  -e trace=mount -e inject=mount:error=ENODEV:when=1+ \"$@\"\n",
                 0755);
  in_front_ = {filtered};
  const auto answer = doctor_here();
  EXPECT_EQ(answer.exit_code, 0) << answer.text;
  EXPECT_THAT(answer["overlay"], says("warn", "No such device", "modprobe overlay"));
  EXPECT_EQ(answer["volumes-as-user"].verdict, "ok") << answer["volumes-as-user"];
}

TEST_P(Doctor, WithoutLandlockThereIsAWarningUnlessItIsRequired) {
  deny({SYS_landlock_create_ruleset}, ENOSYS);
  EXPECT_THAT(doctor_here()["landlock"], says("warn", "the fetch stage runs without", "5.19"));
  const auto answer = doctor_here({"--settings", settings("[fetch]\nrequire_landlock = true\n")});
  EXPECT_THAT(answer["landlock"], says("fail", "require_landlock", "5.19"));
  EXPECT_THAT(failures(answer), ElementsAre("landlock"));
}

TEST_P(Doctor, WithoutProcItSaysSoAndComesToItsEnd) {
  const std::string hidden = dir_.write("no-proc",
                                        "#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs tmpfs "
                                        "/proc && exec \"$@\"' sh \"$@\"\n",
                                        0755);
  if (GetParam() == As::kOrdinaryUser) return;  // who cannot hide it
  in_front_ = {hidden};
  const auto answer = doctor_here();
  EXPECT_THAT(answer["proc"], says("fail", "/proc/self/exe", "mount -t proc"));
  EXPECT_EQ(answer["authorities-by-hash"].verdict, "ok");
}

TEST_P(Doctor, EveryMistakeOfTheSettingsIsNamed) {
  const std::string file = settings("[fetch]\nparalel = 1\nretries = \"x\"\n");
  const auto answer = doctor_here({"--settings", file});
  EXPECT_EQ(answer.findings.count("settings"), 2U);
  EXPECT_THAT(answer.text, AllOf(HasSubstr(cat(file, ":2:1")), HasSubstr(cat(file, ":3:11"))));
  EXPECT_THAT(failures(answer), ElementsAre("settings", "settings"));
}

TEST_P(Doctor, SettingsAreThereAndReadableOrNotThereAtAll) {
  EXPECT_THAT(doctor_here()["settings"], says("ok", "everything has its default"));
  EXPECT_THAT(doctor_here({"--settings", settings("")})["settings"], says("ok", "s.toml"));
  EXPECT_THAT(doctor_here({"--settings", dir_ / "none"})["settings"],
              says("fail", "No such file", "--settings"));
  const auto closed = doctor_here({"--settings", settings("", 0600)})["settings"];
  if (GetParam() == As::kOrdinaryUser) {
    EXPECT_THAT(closed, says("fail", "Permission denied", "--settings takes others"));
  } else {
    EXPECT_EQ(closed.verdict, "ok") << "root reads them before it becomes anybody";
  }
}

TEST_P(Doctor, WhatTheSettingsNameMustBeThere) {
  const std::string netrc = dir_.write("netrc", "machine h login l password marker\n", 0600);
  const auto answer = doctor_here(
      {"--settings", settings(cat("[fetch]\nnetrc = \"", netrc, "\"\nheaders = \"", dir_ / "none",
                                  "\"\nframeworks_home = \"", netrc, "\"\n"))});
  EXPECT_EQ(answer["netrc"].verdict, "ok") << answer["netrc"];
  EXPECT_THAT(answer["headers"], says("fail", "No such file", "settings"));
  EXPECT_THAT(answer["frameworks_home"], says("fail", "which is no directory", "settings"));
  EXPECT_EQ(::chmod(netrc.c_str(), 0644), 0);
  const auto open =
      doctor_here({"--settings", settings(cat("[fetch]\nnetrc = \"", netrc, "\"\n"))});
  EXPECT_THAT(open["netrc"], says("warn", "open to everybody", "chmod o-rwx"));
  EXPECT_THAT(open.text, Not(HasSubstr("marker")));
}

TEST_P(Doctor, AnUnknownUserFailsAndWhatNeedsNoneIsToldAllTheSame) {
  const auto answer =
      answer_of(slipway({"doctor", "--format", "json", "--user", "no-such-user"}, As::kRoot));
  EXPECT_THAT(answer["user"], says("fail", "no-such-user", "getent"));
  EXPECT_EQ(answer["slipway-fetcher"].verdict, "ok");
}

class DoctorsTrial : public SlipwayTest {
 protected:
  // Nothing where the process has ended since it was listed.
  static std::string look(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The process of doctor's that has become an ordinary user and stands still in its first
  // unshare(2), which it must be dumpable for.
  static pid_t of_user(pid_t doctor) {
    for (int i = 0; i < 3000; ++i) {
      std::istringstream children(read_file(cat("/proc/", doctor, "/task/", doctor, "/children")));
      for (pid_t child = 0; children >> child;) {
        const std::string proc = cat("/proc/", child);
        const bool users = look(proc + "/status").find("Uid:\t65534\t") != std::string::npos;
        if (users && look(proc + "/syscall").starts_with(cat(SYS_unshare, ' '))) return child;
      }
      ::usleep(10'000);
    }
    return 0;
  }
};

TEST_F(DoctorsTrial, AsAUserHoldsNothingThatRootHasOpen) {
  const std::string secret = dir_.write("secret", "root's alone", 0600);
  std::vector<std::string> words{"/bin/bash",
                                 "-c",
                                 cat("exec \"$@\" 7<", secret),
                                 "-",
                                 "/usr/bin/strace",
                                 "-D",
                                 "-f",
                                 "-q",
                                 "-o",
                                 "/dev/null",
                                 "-e",
                                 "inject=unshare:delay_enter=3000ms:when=1"};
  const auto doctor = command({"doctor"}, As::kRoot);
  words.insert(words.end(), doctor.begin(), doctor.end());
  RunningProgram program(words);
  const pid_t user = of_user(program.pid());
  ASSERT_GT(user, 0);
  for (const auto& each : std::filesystem::directory_iterator(cat("/proc/", user, "/fd"))) {
    const std::string target = std::filesystem::read_symlink(each.path()).string();
    EXPECT_TRUE(target == "/dev/null" || target.starts_with("pipe:")) << each.path() << target;
  }
  const std::string stat = read_file(cat("/proc/", user, "/stat"));
  EXPECT_THAT(stat.substr(stat.rfind(')')), HasSubstr(cat(' ', user, ' ', user, " 0 ")))
      << "a session of its own, without a terminal";
  EXPECT_NE(program.wait(), 125);
}

}  // namespace
}  // namespace slipway::tests
