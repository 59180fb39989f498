// What is executed, and as what: lookup, argv, descriptors, identity, exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <regex>

#include "sandbox/base/text.h"
#include "tests/cli/exec_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

INSTANTIATE_TEST_SUITE_P(All, ExecAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ExecAs, M01TheExitStatusIsTheExecutors) {
  for (const int code : {0, 1, 42, 255}) {
    EXPECT_EQ(run(shell_entry(cat("exit ", code)), GetParam()).exit_code, code);
  }
}

TEST_P(ExecAs, M03M22SignalsReachTheExecutorBecauseItIsInPlace) {
  make_sandbox(GetParam());
  const std::string file = dir_.write(
      "e.json", shell_entry("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"));
  std::string line;
  for (const auto& word : command({"run", file, "--sandbox", sandbox()}, GetParam())) {
    line += " " + shell_quote(word);
  }
  RunOptions options;
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  // As an agent does it: by the pid that it started.
  const auto result =
      run_program({"/bin/bash", "-c",
                   cat("exec 3< <(echo $BASHPID; exec", line, "); read -u 3 pid; read -u 3 ready; ",
                       "kill -TERM $pid; wait $!; echo $?")},
                  options);
  EXPECT_EQ(result.out, "7\n") << result.err;
}

TEST_P(ExecAs, DeathByASignalIsSeenByTheParent) {
  EXPECT_EQ(run(shell_entry("kill -TERM $$"), GetParam()).exit_code, 128 + 15);
}

TEST_P(ExecAs, ShellLinesRunInBinShInTheSandbox) {
  const auto result = run(shell_entry("echo \"$0\"; pwd; echo a  b"), GetParam());
  EXPECT_EQ(result.out, cat("/bin/sh\n", sandbox(), "\na b\n"));
}

TEST_P(ExecAs, M09OutputIsTheExecutorsAlone) {
  const auto result = run(shell_entry("echo out; echo err >&2"), GetParam(), {"-q"});
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST_P(ExecAs, OnlyStandardDescriptorsAreOpenAndSignalsAreDefault) {
  // The caller leaks a descriptor and ignores what agents ignore.
  make_sandbox(GetParam());
  const std::string file = dir_.write(
      "e.json", program_entry("probe", R"("probe","fds","signals","umask","cwd")", probe_uri()));
  const auto words = command({"run", file, "--sandbox", sandbox(), "--no-cache"}, GetParam());
  std::string line;
  for (const auto& word : words) line += " " + shell_quote(word);
  RunOptions options;
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  const auto result = run_program(
      {"/bin/bash", "-c", cat("umask 077; trap '' PIPE CHLD INT; exec 9</dev/null 50>&1;", line)},
      options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(value(result.out, "fds"), "0 1 2");
  EXPECT_EQ(value(result.out, "SigIgn"), "0000000000000000");
  EXPECT_EQ(value(result.out, "SigBlk"), "0000000000000000");
  EXPECT_EQ(value(result.out, "umask"), "0022");
  EXPECT_EQ(value(result.out, "cwd"), sandbox());
}

TEST_P(ExecAs, WhatTheCallerBlockedIsNotBlocked) {
  make_sandbox(GetParam());
  const std::string file =
      dir_.write("e.json", program_entry("probe", R"("probe","signals")", probe_uri()));
  RunningProgram::Setup setup;
  if (GetParam() == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
  setup.before_exec = [] {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  RunningProgram slipway(
      command({"run", file, "--sandbox", sandbox(), "--cache-dir", cache(GetParam())}, GetParam()),
      setup);
  EXPECT_EQ(slipway.line("SigBlk: "), "0000000000000000");
  EXPECT_EQ(slipway.line("SigIgn: "), "0000000000000000");
  EXPECT_EQ(slipway.wait(), 0);
}

TEST_P(ExecAs, ResourceLimitsAreTheCallers) {
  make_sandbox(GetParam());
  const std::string file =
      dir_.write("e.json", program_entry("probe", R"("probe","limits")", probe_uri()));
  RunningProgram::Setup setup;
  if (GetParam() == As::kOrdinaryUser) setup.user = RunOptions::Ids{kNobody, kNobody};
  setup.before_exec = [] {
    const rlimit files{77, 88};
    const rlimit cores{0, 4096};
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::setrlimit(RLIMIT_CORE, &cores);
  };
  RunningProgram slipway(
      command({"run", file, "--sandbox", sandbox(), "--cache-dir", cache(GetParam())}, GetParam()),
      setup);
  EXPECT_THAT(slipway.line("limit: Max open files"), MatchesRegex(" +77 +88 +files *"));
  EXPECT_THAT(slipway.line("limit: Max core file size"), MatchesRegex(" +0 +4096 +bytes *"));
  EXPECT_EQ(slipway.wait(), 0) << slipway.err();
}

TEST_F(Exec, TheGroupsAreThoseOfTheUsersAccount) {
  // An account with more than its own group, in this process's view of the host.
  std::string table =
      std::regex_replace(read_file("/etc/group"), std::regex("\n(audio|video):.*"), "");
  table += "audio:x:29:nobody\nvideo:x:44:nobody\n";
  ASSERT_EQ(::mount(dir_.write("group", table).c_str(), "/etc/group", nullptr, MS_BIND, nullptr),
            0);
  const std::string volume =
      cat(R"("volume_mounts":[{"mode":"RO","container_path":"data","host_path":")",
          dir_.make_directory("host"), R"("}])");
  for (const std::string& mounts : {std::string(), volume}) {
    const auto result =
        run(program_entry("probe", R"("probe","ids")", probe_uri(), mounts), As::kRootForUser);
    EXPECT_EQ(value(result.out, "Groups"), "29 44 65534") << mounts << result.err;
  }
  EXPECT_EQ(::umount2("/etc/group", MNT_DETACH), 0);
}

TEST_F(Exec, ClosedStandardDescriptorsAreFilled) {
  const std::string file =
      dir_.write("e.json", program_entry("probe", R"("probe","fds")", probe_uri()));
  const auto result =
      run_program({"/bin/sh", "-c",
                   cat("exec ", program_, " run ", file, " --sandbox ", sandbox(), " <&- 2>&-")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(value(result.out, "fds"), "0 1 2");
}

TEST_P(ExecAs, X05IdsAndGroupsAreTheUsersInEveryPlace) {
  const auto result = run(program_entry("probe", R"("probe","ids")", probe_uri()), GetParam());
  const std::string id = GetParam() == As::kRoot ? "0" : "65534";
  EXPECT_EQ(value(result.out, "Uid"), cat(id, " ", id, " ", id, " ", id)) << result.err;
  EXPECT_EQ(value(result.out, "Gid"), cat(id, " ", id, " ", id, " ", id));
}

// The bounding set is the caller's: no namespace is made that it would be worth something in.
TEST_P(ExecAs, CapabilitiesWithoutVolumesAreNoneButForRealRoot) {
  const auto result = run(program_entry("probe", R"("probe","caps")", probe_uri()), GetParam());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    const bool may_be = GetParam() == As::kRoot &&
                        (set == std::string_view("CapPrm") || set == std::string_view("CapEff"));
    EXPECT_EQ(value(result.out, set) != "0000000000000000", may_be) << set;
  }
}

TEST_P(ExecAs, CapabilitiesWithVolumesAreNoneButForRealRoot) {
  const std::string volume = cat(R"("volume_mounts":[{"mode":"RW","host_path":")", dir_.path(),
                                 R"(","container_path":"v"}])");
  const auto result =
      run(program_entry("probe", R"("probe","caps","nnp")", probe_uri(), volume), GetParam());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  if (GetParam() == As::kRoot) {
    EXPECT_NE(value(result.out, "CapEff"), "0000000000000000");
    EXPECT_EQ(value(result.out, "NoNewPrivs"), "0");
    return;
  }
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_EQ(value(result.out, set), "0000000000000000") << set;
  }
  EXPECT_EQ(value(result.out, "NoNewPrivs"), "1") << "X28";
}

// strace(1) makes one prctl(2) after the other fail.
TEST_F(Exec, CapabilitiesThatCannotBeDroppedStopTheLaunch) {
  const std::string volume = cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_.path(),
                                 R"(","container_path":"v"}])");
  make_sandbox(As::kRootForUser);
  const std::string file =
      dir_.write("e.json", program_entry("probe", R"("probe","caps","nnp")", probe_uri(), volume));
  int stopped = 0;
  for (int when = 1; when <= 60; when += 6) {
    auto words = command({"run", file, "-q", "--sandbox", sandbox()}, As::kRootForUser);
    words.insert(words.begin(),
                 {"strace", "-o/dev/null", cat("-einject=prctl:error=EIO:when=", when)});
    const auto result = run_program(words);
    if (result.exit_code != 0) {
      EXPECT_EQ(result.exit_code, 125) << when;
      EXPECT_EQ(result.out, "") << "the executor ran";
      ++stopped;
      continue;
    }
    EXPECT_EQ(value(result.out, "CapBnd"), "0000000000000000") << when;
    EXPECT_EQ(value(result.out, "NoNewPrivs"), "1") << when;
  }
  EXPECT_GT(stopped, 5);
}

TEST_P(ExecAs, WithoutVolumesNoNewPrivsIsNotSetAndNoNamespaceIsMade) {
  const auto result =
      run(shell_entry(
              "readlink /proc/self/ns/mnt /proc/self/ns/user; grep NoNewPrivs /proc/self/status"),
          GetParam());
  char mount_namespace[64] = {};
  ASSERT_GT(::readlink("/proc/self/ns/mnt", mount_namespace, sizeof mount_namespace - 1), 0);
  EXPECT_THAT(result.out, HasSubstr(mount_namespace));
  EXPECT_THAT(result.out, HasSubstr("NoNewPrivs:\t0"));
}

TEST_F(Exec, TheEntrysUserIsTakenByRoot) {
  make_sandbox(As::kRootForUser);
  const auto result = run(entry(R"({"value":"id -un","user":"nobody"})"), As::kRoot,
                          {"--no-cache", "--cache-policy=refresh"});
  EXPECT_EQ(result.exit_code, 125) << "--no-cache and --cache-dir exclude each other";
  EXPECT_EQ(run(entry(R"({"value":"id -un","user":"nobody"})")).out, "nobody\n");
}

TEST_F(Exec, TheOptionBeatsTheEntrysUser) {
  make_sandbox(As::kRootForUser);
  EXPECT_EQ(run(entry(R"({"value":"id -un","user":"root"})"), As::kRootForUser).out, "nobody\n");
}

TEST_F(Exec, X06AnUnknownUserIsAnErrorThatNamesIt) {
  const auto result = run(entry(R"({"value":"touch started","user":"no-such-user"})"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("no-such-user"), HasSubstr("command.user")));
  EXPECT_THAT(placed(), IsEmpty());
}

TEST_F(Exec, AnOrdinaryUserCannotBecomeAnother) {
  const auto result = run(entry(R"({"value":"touch started","user":"root"})"), As::kOrdinaryUser);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("only root can run as somebody else"));
  EXPECT_EQ(run(entry(R"({"value":"id -un","user":"nobody"})"), As::kOrdinaryUser).out, "nobody\n");
}

TEST_F(Exec, X02ArgumentsBecomeTheArgvByteForByte) {
  const auto result = run(program_entry(
      "probe", R"("zero","argv","","two words","new\nline","--author","ünï")", probe_uri()));
  EXPECT_THAT(values(result.out, "argv"),
              ElementsAre("zero", "argv", "", "two words", "new\\nline", "--author", "ünï"));
  EXPECT_THAT(result.err, HasSubstr("arguments[0] 'zero' becomes argv[0] of 'probe'"));
}

TEST_F(Exec, EmptyArgumentsGiveTheValueAsArgvZero) {
  dir_.write("script", "#!/bin/sh\ncat /proc/$$/cmdline | tr '\\0' '|'\n", 0755);
  const auto result = run(program_entry(dir_ / "script", ""));
  EXPECT_EQ(result.out, cat("/bin/sh|", dir_ / "script", "|"));
}

TEST_F(Exec, TheSandboxBeatsPath) {
  const std::string script = dir_.write("true", "#!/bin/sh\necho from the sandbox\n", 0755);
  const auto result = run(
      program_entry("true", R"("true")", cat(R"({"value":")", script, R"(","executable":true})")));
  EXPECT_EQ(result.out, "from the sandbox\n");
}

TEST_F(Exec, AFileInTheSandboxThatIsNotExecutableDoesNotHidePath) {
  const std::string script = dir_.write("true", "plain", 0644);
  EXPECT_EQ(
      run(program_entry("true", R"("true")", cat(R"({"value":")", script, R"("})"))).exit_code, 0);
}

TEST_F(Exec, TheShellIsNeverTakenFromTheSandbox) {
  const std::string script = dir_.write("sh", "#!/bin/sh\necho planted\n", 0755);
  EXPECT_EQ(
      run(shell_entry("echo real", cat(R"({"value":")", script, R"(","executable":true})"))).out,
      "real\n");
}

TEST_F(Exec, ThePathOfTheExecutorsEnvironmentCounts) {
  dir_.write("tools/tool", "#!/bin/sh\necho tool\n", 0755);
  const auto result = run(program_entry("tool", R"("tool")"), As::kRoot,
                          {"--env", cat("PATH=/nowhere::", dir_ / "tools")});
  EXPECT_EQ(result.out, "tool\n");
}

TEST_F(Exec, ARelativePathWithASlashIsOneInTheSandbox) {
  EXPECT_EQ(
      run(program_entry("./sub/probe", R"("probe","exit","7")", probe_uri("sub/probe"))).exit_code,
      7);
  EXPECT_EQ(run(program_entry("bin/true", "")).exit_code, 127) << "PATH is not searched for it";
}

TEST_F(Exec, X17ASandboxPathWithAColonIsFine) {
  make_sandbox(As::kRoot);
  const std::string path = dir_ / "test:colon and blank";
  const auto result = slipway({"run", "-", "--sandbox", path}, As::kRoot, {},
                              program_entry("probe", R"("probe","cwd")", probe_uri()));
  EXPECT_EQ(value(result.out, "cwd"), path) << result.err;
}

TEST_F(Exec, AScriptWithoutInterpreterLineIsRunByTheShell) {
  const std::string script = dir_.write("script", "echo \"$0 $1\"\n");
  const auto result = run(program_entry("script", R"("script","arg")",
                                        cat(R"({"value":")", script, R"(","executable":true})")));
  EXPECT_EQ(result.out, cat(sandbox(), "/script arg\n"));
}

TEST_F(Exec, WhatIsNotThereIs127WhatCannotRunIs126) {
  const auto missing = run(program_entry("no-such-program", ""));
  EXPECT_EQ(missing.exit_code, 127);
  EXPECT_THAT(missing.err, HasSubstr("'no-such-program' is neither in the sandbox nor in PATH"));
  EXPECT_EQ(run(program_entry("/no/such/program", "")).exit_code, 127);
  EXPECT_EQ(run(program_entry(std::string(300, 'x'), "")).exit_code, 127);
  const std::string plain = dir_.write("plain", "x", 0644);
  const auto unfit = run(program_entry("plain", "", cat(R"({"value":")", plain, R"("})")));
  EXPECT_EQ(unfit.exit_code, 126);
  EXPECT_THAT(unfit.err, HasSubstr("\"executable\": true"));
  EXPECT_EQ(run(program_entry("/tmp", "")).exit_code, 126) << "a directory";
  const std::string script = dir_.write("script", "#!/no/interpreter\n", 0755);
  const auto interpreter = run(program_entry(script, ""));
  EXPECT_EQ(interpreter.exit_code, 126);
  EXPECT_THAT(interpreter.err, HasSubstr("interpreter"));
}

TEST_F(Exec, MoreArgumentsThanTheKernelTakesAreAClearError) {
  const auto result = run(program_entry("/bin/true", cat("\"", std::string(200'000, 'x'), "\"")));
  EXPECT_EQ(result.exit_code, 126);
  EXPECT_THAT(result.err, HasSubstr("larger than the kernel takes"));
}

TEST_F(Exec, WordsAfterTheDashesReplaceTheCommand) {
  EXPECT_EQ(run(shell_entry("exit 3"), As::kRoot, {"--", "sh", "-c", "exit 4"}).exit_code, 4);
}

TEST_F(Exec, AReaderOfMessagesThatHasGoneAwayDoesNotStopTheLaunch) {
  const std::string file = dir_.write(
      "e.json", entry(R"({"value":"touch ran; kill -PIPE $$","unknown":"gives a warning"})"));
  const auto result = run_program({"/bin/bash", "-c",
                                   cat("exec 2> >(exit 0); wait $!; ", program_, " run ", file,
                                       " --sandbox ", sandbox(), "; echo $?")});
  EXPECT_EQ(result.out, "141\n") << "the executor has SIGPIPE's default action, and died of it";
  EXPECT_THAT(placed(), Contains("ran"));
}

TEST_F(Exec, AReaderOfMessagesThatHasGoneAwayChangesNoExitStatus) {
  const std::string file = dir_.write("e.json", shell_entry("exit 3"));
  const auto with = [&](const std::string& words) {
    return run_program({"/bin/bash", "-c",
                        cat("exec 2> >(exit 0); wait $!; ", program_, " ", words, "; echo $?")})
        .out;
  };
  for (const char* life : {"", " --supervise"}) {
    EXPECT_EQ(with(cat("run ", file, " --sandbox ", sandbox(), life, " -- true")), "0\n");
    EXPECT_EQ(with(cat("run ", file, " --sandbox ", sandbox(), life, " -- /no/such")), "127\n");
  }
  EXPECT_EQ(with(cat("shell ", file, " --sandbox ", sandbox(), " -- true")), "0\n");
}

TEST_F(Exec, ALimitOnFileSizesIsTheExecutorsAffairAlone) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", shell_entry("ulimit -f; exit 3"));
  for (const char* life : {"", " --supervise"}) {
    const auto result = run_program({"/bin/bash", "-c",
                                     cat("ulimit -f 0; ", program_, " run ", file, " --sandbox ",
                                         sandbox(), life, "; echo $?")});
    EXPECT_EQ(result.out, "0\n3\n") << result.err;
    EXPECT_THAT(result.err, HasSubstr("will not be able to reopen"));
  }
}

// A core file would hold what the entry's URIs hold.
TEST_P(ExecAs, TheLimitOnCoreFilesIsTheCallersForTheExecutorOnly) {
  make_sandbox(GetParam());
  const std::string file = dir_.write("e.json", shell_entry("ulimit -Sc"));
  std::string line;
  for (const auto& word : command({"run", file, "--sandbox", sandbox()}, GetParam())) {
    line += " " + shell_quote(word);
  }
  RunOptions options;
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  const auto run_with = [&](const std::string& limit) {
    return run_program({"/bin/bash", "-c", cat("ulimit -Sc ", limit, ";", line)}, options).out;
  };
  EXPECT_EQ(run_with("0"), "0\n");
  EXPECT_EQ(run_with("unlimited"), "unlimited\n");
}

}  // namespace
}  // namespace slipway::tests
