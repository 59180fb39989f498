// `slipway shell SANDBOX`, and the record that it stands on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/raw_server.h"
#include "tests/support/surroundings.h"
#include "tests/support/terminal.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Reopen : public SlipwayTest {
 protected:
  std::string volumes() {
    dir_.write("ro/file", "from the host");
    dir_.make_directory("rw", 0777);
    return cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "ro",
               R"(","container_path":"/slipway-test/ro"},{"mode":"RW","host_path":")", dir_ / "rw",
               R"(","container_path":"rw"}])");
  }
  [[nodiscard]] std::string private_dir() const { return sandbox() + "/.slipway"; }
  [[nodiscard]] std::string record() const { return private_dir() + "/entry.json"; }

  RunResult reopen(As as, const std::vector<std::string>& command,
                   const std::vector<std::string>& options = {},
                   std::vector<std::string> env = {}) {
    std::vector<std::string> all{"shell", sandbox()};
    all.insert(all.end(), options.begin(), options.end());
    all.emplace_back("--");
    all.insert(all.end(), command.begin(), command.end());
    return slipway(all, as, std::move(env));
  }
};

class ReopenAs : public Reopen, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, ReopenAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ReopenAs, SeesExactlyWhatTheExecutorSaw) {
  const std::vector<std::string> questions{"./probe",
                                           "ids",
                                           "caps",
                                           "nnp",
                                           "fds",
                                           "umask",
                                           "signals",
                                           "cwd",
                                           "env",
                                           "read",
                                           "/slipway-test/ro/file",
                                           "writable",
                                           "rw",
                                           "writable",
                                           "/slipway-test/ro",
                                           "remount",
                                           "/slipway-test/ro"};
  std::string arguments;
  for (const std::string& each : questions) {
    arguments += cat(arguments.empty() ? "" : ",", '"', each, '"');
  }
  const auto first =
      run(program_entry("probe", arguments, probe_uri(), volumes()), GetParam(),
          {"--task-id", "7", "--env", "STRANGE=a\n\"b\" \\ \u00fc", "--env", "EMPTY="});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("MESOS_EXECUTOR_ID=test-7"));
  const auto again =
      reopen(GetParam(), questions, {},
             {"LANG=other", "LIBPROCESS_IP=1.2.3.4", "MESOS_SANDBOX=/other", "TERM=x"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
}

TEST_P(ReopenAs, FetchesNothingAndNeedsNoSource) {
  auto server =
      std::make_unique<RawServer>([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  ASSERT_EQ(
      run(shell_entry("true", cat(R"({"value":")", server->uri("/file"), R"("})")), GetParam())
          .exit_code,
      0);
  const std::size_t asked = server->requests().size();
  EXPECT_EQ(reopen(GetParam(), {"cat", "file"}).out, "x");
  EXPECT_EQ(server->requests().size(), asked);
  server.reset();
  EXPECT_EQ(reopen(GetParam(), {"cat", "file"}).out, "x");
}

TEST_P(ReopenAs, TheRecordIsTheUsersAlone) {
  ASSERT_EQ(run(shell_entry("umask 0; stat -c '%a %u' .slipway/entry.json"), GetParam()).out,
            GetParam() == As::kRoot ? "600 0\n" : "600 65534\n");
  EXPECT_EQ(mode_of(private_dir()), 0700U);
  EXPECT_FALSE(exists(record() + ".new"));
}

TEST_P(ReopenAs, AShellPromptsWithTheTerminalOfItsCaller) {
  ASSERT_EQ(run(shell_entry("true"), GetParam(), {"--env", "TERM=recorded"}).exit_code, 0);
  EXPECT_EQ(reopen(GetParam(), {"sh", "-c", "echo $TERM"}, {}, {"TERM=mine"}).out, "recorded\n");
  RunOptions options;
  options.env = std::vector<std::string>{"SHELL=/bin/sh", "TERM=mine"};
  options.cwd = start_directory();
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  Terminal terminal(command({"shell", sandbox(), "--env", "PS1=ready> "}, GetParam()), options);
  terminal.expect("ready> ");
  terminal.type("echo \"<$TERM>\"; exit 6\n");
  terminal.expect("<mine>");
  EXPECT_EQ(terminal.wait(), 6);
}

TEST_P(ReopenAs, ASandboxWhoseExecutorRunsCanBeOpened) {
  make_sandbox(GetParam());
  const std::string file =
      dir_.write("e.json", shell_entry("echo star''ted; read line", "", volumes()));
  RunOptions options;
  options.env = std::vector<std::string>{"PATH=/bin"};
  if (GetParam() == As::kOrdinaryUser) options.user = RunOptions::Ids{kNobody, kNobody};
  Terminal executor(command({"run", file, "--sandbox", sandbox()}, GetParam()), options);
  executor.expect("started");
  const auto result = reopen(GetParam(), {"cat", "/slipway-test/ro/file"});
  EXPECT_EQ(result.out, "from the host") << result.err;
  executor.type("\n");
  EXPECT_EQ(executor.wait(), 0);
}

TEST_F(Reopen, VariablesCanBeAddedAndTheRecordStaysAsItIs) {
  ASSERT_EQ(run(shell_entry("true"), As::kRoot, {"--env", "A=1", "--env", "B=1"}).exit_code, 0);
  const std::string before = read_file(record());
  dir_.write("env", "A=2\nC=3\n");
  EXPECT_EQ(reopen(As::kRoot, {"sh", "-c", "echo $A $B $C $D"},
                   {"--env-file", dir_ / "env", "--env", "D=4"})
                .out,
            "2 1 3 4\n");
  EXPECT_EQ(read_file(record()), before);
}

TEST_F(Reopen, TheLockIsRespected) {
  ASSERT_EQ(run(shell_entry("true")).exit_code, 0);
  const auto result =
      run_program({"flock", private_dir(), program_, "shell", sandbox(), "--", "true"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("another slipway is at work in this sandbox"));
}

TEST_F(Reopen, ALaunchReplacesTheRecordAndOneThatDoesNotGetThereDoesNot) {
  ASSERT_EQ(run(shell_entry("exit 0 # first")).exit_code, 0);
  dir_.write("sandbox-0/.slipway/attempt.json", "of a launch that was killed");
  ASSERT_EQ(run(shell_entry("exit 0 # second")).exit_code, 0);
  EXPECT_THAT(read_file(record()), AllOf(HasSubstr("# second"), Not(HasSubstr("# first"))));
  EXPECT_EQ(run(shell_entry("exit 0 # third", R"({"value":"/no/such/file"})")).exit_code, 125);
  EXPECT_THAT(read_file(record()), HasSubstr("# second"));
}

TEST_P(ReopenAs, ThePlanOfAnEarlierLaunchIsShownWithWhatBecameOfIt) {
  ASSERT_EQ(
      run(shell_entry("exit 0", probe_uri(), volumes()), GetParam(), {"--env", "MARK=recorded"})
          .exit_code,
      0);
  const auto shown = slipway({"plan", sandbox()}, GetParam());
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.err, "");
  EXPECT_THAT(shown.out, AllOf(HasSubstr(probe_), HasSubstr("read-only, recursive"),
                               HasSubstr("argv    /bin/sh -c 'exit 0'"),
                               HasSubstr("MARK=recorded  (recorded)"),
                               HasSubstr("what became of it:"), HasSubstr("fetched: 1 URI")));
}

// Who was its parent, where its output went, and what was executed in the command's place is not in
// the record.
TEST_F(Reopen, ThePlanOfAnEarlierLaunchSaysNothingThatIsNotKnownOfIt) {
  ASSERT_EQ(
      run(shell_entry("exit 1"), As::kRoot, {"--supervise", "--stdio=sandbox", "--", "/bin/true"})
          .exit_code,
      0);
  EXPECT_THAT(slipway({"plan", sandbox()}).out,
              AllOf(HasSubstr("the entry's own command: '/bin/sh'"), Not(HasSubstr("  stdio ")),
                    Not(HasSubstr("  parent "))));
  EXPECT_THAT(slipway({"plan", sandbox(), "--", "ls"}).out, HasSubstr("execute: 'ls'"));
  EXPECT_THAT(slipway({"plan", sandbox(), "--format", "json"}).out,
              AllOf(HasSubstr("\"stdio\": null"), HasSubstr("\"supervision\": null"),
                    HasSubstr("\"starts_fetcher\": null")));
}

TEST_P(ReopenAs, ThePlanOfALaunchThatGotNoFilesIsShownToo) {
  ASSERT_EQ(run(shell_entry("exit 0 # first"), GetParam()).exit_code, 0);
  ASSERT_EQ(
      run(shell_entry("exit 0 # second", R"({"value":"/no/such/file"})"), GetParam()).exit_code,
      125);
  const auto shown = slipway({"plan", sandbox()}, GetParam());
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("# second"), HasSubstr("'/no/such/file'"),
                    HasSubstr("No such file or directory"), HasSubstr("[E-FETCH-NOT-FOUND]")));
  // The files that are there are the first one's.
  EXPECT_THAT(read_file(record()), HasSubstr("# first"));
  ASSERT_EQ(run(shell_entry("exit 0 # third"), GetParam()).exit_code, 0);
  EXPECT_THAT(slipway({"plan", sandbox()}, GetParam()).out, HasSubstr("# third"));
}

TEST_P(ReopenAs, AShellStandsInTheSandboxOfALaunchThatGotNoFiles) {
  ASSERT_EQ(run(shell_entry("exit 0", R"({"value":"/no/such/file"})", volumes()), GetParam(),
                {"--env", "MARK=recorded"})
                .exit_code,
            125);
  const auto result =
      reopen(GetParam(), {"sh", "-c", "echo $MARK; cat /slipway-test/ro/file; pwd"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, cat("recorded\nfrom the host", sandbox(), "\n"));
  EXPECT_THAT(result.err, HasSubstr("got no files"));
  // Where files of an earlier launch are there, it is that one's place.
  ASSERT_EQ(run(shell_entry("exit 0"), GetParam(), {"--env", "MARK=placed"}).exit_code, 0);
  ASSERT_EQ(run(shell_entry("exit 0", R"({"value":"/no/such/file"})"), GetParam()).exit_code, 125);
  const auto again = reopen(GetParam(), {"sh", "-c", "echo $MARK"});
  EXPECT_EQ(again.out, "placed\n");
  EXPECT_THAT(again.err, Not(HasSubstr("got no files")));
}

TEST_F(Reopen, APlanOfASandboxChangesNothingAndShowsNoSecret) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string uri = cat("http://me:marker@127.0.0.1:", server.port(), "/file?token=marker");
  ASSERT_EQ(run(shell_entry("true", cat(R"({"value":")", uri, R"(","output_file":"file"})")),
                As::kRoot, {"--env", "DB_PASSWORD=marker"})
                .exit_code,
            0);
  const std::string before = read_file(record());
  const auto shown = slipway({"plan", sandbox()});
  const auto json = slipway({"plan", sandbox(), "--format", "json"});
  EXPECT_EQ(shown.exit_code + json.exit_code, 0) << shown.err << json.err;
  EXPECT_THAT(json.out, HasSubstr("\"earlier\": true"));
  EXPECT_THAT(shown.out + shown.err + json.out + json.err, Not(HasSubstr("marker")));
  EXPECT_EQ(read_file(record()), before);
  EXPECT_FALSE(std::filesystem::exists(private_dir() + "/attempt.json"));
}

TEST_F(Reopen, AnAttemptThatIsNoFileOfTheOwnersIsNotRead) {
  ASSERT_EQ(run(shell_entry("exit 0"), As::kRootForUser).exit_code, 0);
  const std::string attempt = private_dir() + "/attempt.json";
  std::filesystem::create_symlink("/etc/shadow", attempt);
  const auto linked = slipway({"plan", sandbox()}, As::kRootForUser);
  EXPECT_EQ(linked.exit_code, 125);
  EXPECT_THAT(linked.err, AllOf(HasSubstr("error: "), Not(HasSubstr("root:"))));
  std::filesystem::remove(attempt);
  dir_.write("sandbox-0/.slipway/attempt.json", "{}", 0600);
  EXPECT_THAT(slipway({"plan", sandbox()}, As::kRootForUser).err,
              HasSubstr("'.slipway/attempt.json' belongs to uid 0"));
}

TEST_F(Reopen, ARecordThatCannotBeWrittenIsAWarning) {
  make_sandbox(As::kRoot);
  dir_.make_directory("sandbox-0/.slipway/entry.json/full");
  ASSERT_EQ(::chmod(private_dir().c_str(), 0700), 0);
  const auto result = run(shell_entry("exit 5"));
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("'slipway shell' will not be able to reopen this sandbox"));
}

TEST_F(Reopen, VariablesThatAreNotUtf8AreMissed) {
  ASSERT_EQ(run(shell_entry("true"), As::kRoot, {"--env", "BAD=\xff", "--env", "GOOD=1"}).exit_code,
            0);
  const auto result = reopen(As::kRoot, {"sh", "-c", "echo $GOOD$BAD"});
  EXPECT_EQ(result.out, "1\n");
  EXPECT_THAT(result.err, HasSubstr("warning: the environment is not complete"));
}

TEST_F(Reopen, CredentialsOfUrisAreInTheRecordOnly) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string uri = cat("http://me:marker@127.0.0.1:", server.port(), "/file?token=marker");
  const auto first =
      run(shell_entry("true", cat(R"({"value":")", uri, R"(","output_file":"file"})")), As::kRoot,
          {"-v"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(read_file(record()), HasSubstr(uri));
  std::string said = first.out + first.err;
  for (const auto& result :
       {reopen(As::kRoot, {"env"}, {"-v"}), reopen(As::kRoot, {"true"}, {"-u", "nobody"})}) {
    said += result.out + result.err;
  }
  // The place of a mistake is shown, the text is not.
  std::string damaged = read_file(record());
  damaged.insert(damaged.find("http://") + 7, "\\t");
  dir_.write("sandbox-0/.slipway/entry.json", damaged, 0600);
  const auto result = reopen(As::kRoot, {"true"});
  EXPECT_EQ(result.exit_code, 125);
  said += result.err;
  dir_.write("sandbox-0/.slipway/entry.json", damaged.substr(0, damaged.find("marker") + 6), 0600);
  said += reopen(As::kRoot, {"true"}).err;
  EXPECT_THAT(said, AllOf(HasSubstr("control character"), Not(HasSubstr("marker"))));
}

TEST_F(Reopen, WhatIsNoSandboxIsSaidWithTheRemedy) {
  make_sandbox(As::kRoot);
  const auto none = reopen(As::kRoot, {"true"});
  EXPECT_EQ(none.exit_code, 125);
  EXPECT_THAT(none.err, AllOf(HasSubstr("it is no sandbox of slipway's"),
                              HasSubstr("'slipway run' worked in")));
  dir_.make_directory("sandbox-0/.slipway", 0700);
  EXPECT_THAT(
      reopen(As::kRoot, {"true"}).err,
      AllOf(HasSubstr("there is no '.slipway/entry.json' in it"), HasSubstr("prepare it anew")));
  const auto run_of_a_directory = slipway({"run", sandbox()});
  EXPECT_EQ(run_of_a_directory.exit_code, 125);
  EXPECT_THAT(run_of_a_directory.err, HasSubstr("'slipway shell' reopens"));
}

TEST_F(Reopen, OptionsThatTheRecordHasDecidedAreRefused) {
  ASSERT_EQ(run(shell_entry("true")).exit_code, 0);
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--sandbox", "/x"},
                                             {"--task-id", "x"},
                                             {"--inherit-env"},
                                             {"--settings", "/x"},
                                             {"--cache-dir", "/x"},
                                             {"--no-cache"},
                                             {"--cache-policy", "refresh"}}) {
    const auto result = reopen(As::kRoot, {"true"}, options);
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, HasSubstr(cat(options[0], " has no meaning")));
  }
  EXPECT_EQ(reopen(As::kRoot, {"true"}, {"-e", "test"}).exit_code, 0);
  EXPECT_THAT(reopen(As::kRoot, {"true"}, {"-e", "other"}).err,
              HasSubstr("it is of the executor 'test'"));
}

TEST_F(Reopen, AnOrdinaryUserReopensOnlyTheirOwn) {
  ASSERT_EQ(run(shell_entry("true")).exit_code, 0);
  const auto result = reopen(As::kOrdinaryUser, {"true"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("only root can reopen somebody else's"));
}

TEST_F(Reopen, RootReopensAUsersSandboxAsThatUser) {
  ASSERT_EQ(run(shell_entry("true"), As::kOrdinaryUser).exit_code, 0);
  const auto result = reopen(As::kRoot, {"id", "-u"});
  EXPECT_EQ(result.out, "65534\n");
  EXPECT_THAT(result.err, HasSubstr(cat("reopening the sandbox '", sandbox(), "' as 'nobody'")));
  const auto other = reopen(As::kRoot, {"touch", "executed"}, {"-u", "root"});
  EXPECT_EQ(other.exit_code, 125);
  EXPECT_THAT(other.err, HasSubstr("--user asks for 'root', but it belongs to 'nobody'"));
}

// What the sandbox's user can do to the record, and what root's slipway says to it.
struct Attack {
  const char* name;
  std::function<void(const std::string& private_dir)> perform;
  const char* answer;
};

void give_to_nobody(const std::string& path) {
  EXPECT_EQ(::lchown(path.c_str(), kNobody, kNobody), 0);
}

void rewrite(const std::string& private_dir, const std::string& text) {
  const std::string path = private_dir + "/entry.json";
  std::filesystem::remove(path);
  RunOptions options;
  options.stdin_text = text;
  EXPECT_EQ(run_program({"sh", "-c", "umask 077; cat > \"$0\"", path}, options).exit_code, 0);
  give_to_nobody(path);
}

void replace(const std::string& private_dir, const std::string& from, const std::string& to) {
  std::string text = read_file(private_dir + "/entry.json");
  ASSERT_NE(text.find(from), std::string::npos);
  rewrite(private_dir, text.replace(text.find(from), from.size(), to));
}

const Attack kAttacks[] = {
    {"UserRoot", [](const auto& dir) { replace(dir, R"("user": "nobody")", R"("user": "root")"); },
     "its record names the user 'root', but it belongs to 'nobody'"},
    {"UserZero", [](const auto& dir) { replace(dir, R"("user": "nobody")", R"("user": "0")"); },
     "its record names the user '0'"},
    {"SymbolicLink",
     [](const auto& dir) {
       std::filesystem::rename(dir + "/entry.json", dir + "/other");
       std::filesystem::create_symlink("other", dir + "/entry.json");
       give_to_nobody(dir + "/entry.json");
     },
     "symbolic link"},
    {"HardLink",
     [](const auto& dir) {
       std::filesystem::create_hard_link(dir + "/entry.json", dir + "/other");
     },
     "has several names"},
    {"Fifo",
     [](const auto& dir) {
       std::filesystem::remove(dir + "/entry.json");
       EXPECT_EQ(::mkfifo((dir + "/entry.json").c_str(), 0600), 0);
       give_to_nobody(dir + "/entry.json");
     },
     "is no regular file"},
    {"Directory",
     [](const auto& dir) {
       std::filesystem::remove(dir + "/entry.json");
       std::filesystem::create_directory(dir + "/entry.json");
       give_to_nobody(dir + "/entry.json");
     },
     "is no regular file"},
    {"RootsFile",
     [](const auto& dir) { EXPECT_EQ(::chown((dir + "/entry.json").c_str(), 0, 0), 0); },
     "belongs to uid 0, the sandbox to 'nobody'"},
    {"WritableToOthers",
     [](const auto& dir) { EXPECT_EQ(::chmod((dir + "/entry.json").c_str(), 0620), 0); },
     "is writable to others"},
    // Root could read it; root reads with the owner's rights.
    {"UnreadableToItsOwner",
     [](const auto& dir) { EXPECT_EQ(::chmod((dir + "/entry.json").c_str(), 0), 0); },
     "Permission denied"},
    {"Huge", [](const auto& dir) { rewrite(dir, std::string(3 << 20, ' ')); },
     "longer than the limit"},
    {"Garbage", [](const auto& dir) { rewrite(dir, "\x1b[31m{\xff"); }, "its record is damaged"},
    {"Empty", [](const auto& dir) { rewrite(dir, ""); }, "its record is damaged"},
    {"TwoEntries",
     [](const auto& dir) {
       const std::string one = read_file(dir + "/entry.json");
       std::string other = one;
       other.replace(other.find("\"test\""), 6, "\"other\"");
       rewrite(dir, cat("[", one, ",", other, "]"));
     },
     "holds 2 entries instead of one"},
    {"SourceOnlyForRoot",
     [](const auto& dir) {
       const auto secret = std::filesystem::path(dir).parent_path().parent_path() / "secret";
       std::filesystem::create_directories(secret / "below");
       EXPECT_EQ(::chmod(secret.c_str(), 0700), 0);
       replace(dir, R"("volume_mounts": [])",
               cat(R"("volume_mounts": [{"mode":"RW","host_path":")", (secret / "below").string(),
                   R"(","container_path":"r"}])"));
     },
     "Permission denied"},
    {"VolumeOnSlipwaysOwn",
     [](const auto& dir) {
       replace(
           dir, R"("volume_mounts": [])",
           R"("volume_mounts": [{"mode":"RW","host_path":"/tmp","container_path":".slipway/x"}])");
     },
     "slipway's own place"},
    {"PrivateDirectoryIsALink",
     [](const auto& dir) {
       std::filesystem::rename(dir, dir + "-moved");
       std::filesystem::create_symlink(".slipway-moved", dir);
     },
     "is not a directory"},
    {"PrivateDirectoryOfRoot", [](const auto& dir) { EXPECT_EQ(::chown(dir.c_str(), 0, 0), 0); },
     "'.slipway' belongs to uid 0"},
    {"PrivateDirectoryWritableToOthers",
     [](const auto& dir) { EXPECT_EQ(::chmod(dir.c_str(), 0777), 0); }, "is writable to others"},
};

class HostileRecord : public Reopen, public ::testing::WithParamInterface<Attack> {};
INSTANTIATE_TEST_SUITE_P(All, HostileRecord, ::testing::ValuesIn(kAttacks),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(HostileRecord, IsRefusedByRoot) {
  ASSERT_EQ(run(shell_entry("true"), As::kRootForUser).exit_code, 0);
  GetParam().perform(private_dir());
  const auto result = reopen(As::kRoot, {"touch", "executed"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr(GetParam().answer));
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_FALSE(exists(sandbox() + "/executed"));
}

TEST_F(Reopen, ARecordThatNamesNoUserIsNotSlipways) {
  ASSERT_EQ(run(shell_entry("true"), As::kRootForUser).exit_code, 0);
  replace(private_dir(), R"("user": "nobody",)", "");
  const auto as_it_is = reopen(As::kRoot, {"touch", "executed"});
  EXPECT_EQ(as_it_is.exit_code, 125);
  EXPECT_THAT(as_it_is.err, HasSubstr("names no user"));
  // As `cp -a` and `chown -R` leave it: all is root's now.
  ASSERT_EQ(run_program({"chown", "-R", "root:root", sandbox()}).exit_code, 0);
  EXPECT_EQ(reopen(As::kRoot, {"touch", "executed"}).exit_code, 125);
  EXPECT_FALSE(exists(sandbox() + "/executed"));
}

TEST_F(Reopen, ASandboxThatWasGivenToRootIsNotReopened) {
  // The user's record in a directory that is not the user's (any more).
  ASSERT_EQ(run(shell_entry("true"), As::kRootForUser).exit_code, 0);
  ASSERT_EQ(::chown(sandbox().c_str(), 0, 0), 0);
  const auto result = reopen(As::kRoot, {"touch", "executed"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("'.slipway' belongs to uid 65534, the sandbox to 'root'"));
}

}  // namespace
}  // namespace slipway::tests
