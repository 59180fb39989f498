// --supervise: exit status, the tree's end, what is left.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "sandbox/base/sys.h"
#include "tests/cli/live.h"
#include "tests/support/in_child.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

INSTANTIATE_TEST_SUITE_P(All, SuperviseAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(SuperviseAs, TheExitStatusIsTheExecutorsOr128PlusTheSignal) {
  for (const int code : {0, 1, 42, 255}) {
    EXPECT_EQ(run(shell_entry(cat("exit ", code)), GetParam(), {"--supervise"}).exit_code, code);
  }
  for (const int number : {SIGTERM, SIGKILL, SIGSEGV, SIGRTMIN + 3}) {
    EXPECT_EQ(
        run(shell_entry(cat("kill -", number, " $$"), "", volume()), GetParam(), {"--supervise"})
            .exit_code,
        128 + number);
  }
}

TEST_P(SuperviseAs, FailuresOfSlipwayAre125To127AsWithout) {
  const std::vector<std::string> words{"--supervise"};
  EXPECT_EQ(run(program_entry("no-such", ""), GetParam(), words).exit_code, 127);
  EXPECT_EQ(run(program_entry("/tmp", ""), GetParam(), words).exit_code, 126);
  const auto failed = run(shell_entry("true", R"({"value":"/no/such/file"})"), GetParam(), words);
  EXPECT_EQ(failed.exit_code, 125);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("/no/such/file"), Not(HasSubstr("ended"))));
}

TEST_F(Supervise, ALineAtTheEndSaysHowItEndedAndWhatItTook) {
  const auto ended = run(shell_entry("exit 3"), As::kRoot, {"--supervise"});
  const std::string rest =
      " after [0-9]+\\.[0-9]{3} s \\(CPU [0-9]+\\.[0-9]{3} s user, "
      "[0-9]+\\.[0-9]{3} s system; largest process [0-9]+ KiB resident\\)\n";
  EXPECT_THAT(ended.err, MatchesRegex("slipway: 'test' ended with exit code 3" + rest));
  const auto killed = run(shell_entry("kill -9 $$"), As::kRoot, {"--supervise"});
  EXPECT_THAT(killed.err, MatchesRegex("slipway: 'test' was ended by SIGKILL" + rest));
  EXPECT_EQ(run(shell_entry("exit 3"), As::kRoot, {"--supervise", "-q"}).err, "");
}

TEST_P(SuperviseAs, TheExecutorLeadsASessionAndSlipwayIsItsParent) {
  auto slipway =
      start(program_entry(probe_, R"("probe","pids","fds","signals","sleep","100")"), GetParam());
  const std::string pid = slipway->line("pid: ");
  EXPECT_EQ(slipway->line("group: "), pid);
  EXPECT_EQ(slipway->line("session: "), pid);
  EXPECT_NE(pid, cat(slipway->pid()));
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
}

TEST_P(SuperviseAs, OnlyWithItThereIsASession) {
  RunningProgram slipway(live_command(program_entry(probe_, R"("probe","pids")"), GetParam(), {}),
                         setup_of(GetParam()));
  EXPECT_EQ(slipway.line("pid: "), cat(slipway.pid())) << "it is executed in place";
  EXPECT_EQ(slipway.line("session: "), cat(::getsid(0)));
  EXPECT_EQ(slipway.wait(), 0);
}

TEST_P(SuperviseAs, M22TermReachesTheExecutorWhichMayEndInItsOwnWay) {
  auto slipway =
      start(shell_entry("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.02; done",
                        "", volume()),
            GetParam());
  slipway->line("ready");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 7);
  EXPECT_THAT(slipway->out(), HasSubstr("asked\n"));
}

TEST_P(SuperviseAs, ADaemonThatIgnoresTermIsKilledAfterTheTimeGiven) {
  auto slipway = start(
      shell_entry("trap 'exit 4' TERM; "
                  "(setsid sh -c 'trap \"\" TERM; echo daemon $$; while :; do sleep 1; done' &); "
                  "while :; do sleep 0.02; done",
                  "", volume()),
      GetParam(), {"--kill-after", "700ms"});
  const pid_t daemon = slipway->told_pid("daemon ");
  const auto asked = Clock::now();
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 4) << slipway->err();
  EXPECT_GE(Clock::now() - asked, milliseconds(700));
  EXPECT_FALSE(is_running(daemon));
}

TEST_F(Supervise, EveryProcessOfTheTreeIsAskedToEndBeforeAnyIsKilled) {
  auto slipway = start(shell_entry(
      "(setsid sh -c 'trap \"echo daemon asked; exit\" TERM; echo up; while :; do sleep 0.02; "
      "done' &); while :; do sleep 0.02; done"));
  slipway->line("up");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->out(), HasSubstr("daemon asked\n"));
}

TEST_F(Supervise, ASecondTermDoesNotShortenTheTime) {
  auto slipway = start(shell_entry("trap '' TERM; echo ready; while :; do sleep 0.02; done"),
                       As::kRoot, {"--kill-after", "1s"});
  slipway->line("ready");
  const auto asked = Clock::now();
  slipway->signal(SIGTERM);
  std::this_thread::sleep_for(milliseconds(300));  // what is measured is time
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGKILL);
  EXPECT_GE(Clock::now() - asked, seconds(1));
}

TEST_F(Supervise, KillAfterZeroKillsAtOnce) {
  auto slipway = start(shell_entry("trap '' TERM; echo ready; while :; do sleep 0.02; done"),
                       As::kRoot, {"--kill-after=0"});
  slipway->line("ready");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGKILL);
}

TEST_F(Supervise, WhatAHandlerStartsToPutThingsInOrderIsLeftToDoSo) {
  auto slipway = start(shell_entry(
      "trap 'sh -c \"sleep 0.3; echo tidied\"; exit 5' TERM; echo ready; while :; do sleep 0.02; "
      "done"));
  slipway->line("ready");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 5);
  EXPECT_THAT(slipway->out(), HasSubstr("tidied\n"));
}

TEST_P(SuperviseAs, WhenTheExecutorEndsWhatItLeftIsEndedAndTheStatusIsItsOwn) {
  auto slipway = start(
      shell_entry("(setsid sh -c 'trap \"\" TERM; echo $$ >deaf; while :; do sleep 1; done' &); "
                  "(setsid sh -c 'echo $$ >meek; exec sleep 1000' &); "
                  "while ! [ -s deaf ] || ! [ -s meek ]; do sleep 0.01; done; "
                  "echo deaf $(cat deaf); echo meek $(cat meek); exit 9"),
      GetParam(), {"--kill-after=500ms"});
  const pid_t deaf = slipway->told_pid("deaf ");
  const pid_t meek = slipway->told_pid("meek ");
  EXPECT_EQ(slipway->wait(), 9);
  EXPECT_FALSE(is_running(deaf));
  EXPECT_FALSE(is_running(meek));
}

TEST_F(Supervise, AStoppedProcessIsEndedToo) {
  auto slipway =
      start(shell_entry("sh -c 'trap \"echo woken; exit 6\" TERM; kill -STOP $$' & "
                        "echo child $!; wait $!; exit $?"));
  const pid_t child = slipway->told_pid("child ");
  ASSERT_EQ(state_of(child, "T"), 'T');
  // The executor's own shell dies of it; its stopped child is woken, to act on it.
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->out(), HasSubstr("woken\n"));
}

TEST_F(Supervise, OrphansAreReapedWhileTheExecutorRuns) {
  // The orphan comes to slipway, ends there, and is no zombie.
  const auto result =
      run(shell_entry(
              "(sh -c 'while ! [ -e end ]; do sleep 0.01; done' & echo $! >orphan); "
              "until grep -q \"^PPid:.$PPID$\" /proc/$(cat orphan)/status; do sleep 0.01; done; "
              "touch end; while [ -e /proc/$(cat orphan) ]; do sleep 0.01; done; echo reaped"),
          As::kRoot, {"--supervise", "-q"});
  EXPECT_EQ(result.out, "reaped\n") << result.err;
}

TEST_F(Supervise, TheSupervisorKeepsNoDescriptorOfTheCallers) {
  auto pipe = sys::make_pipe();
  ASSERT_TRUE(pipe);
  const auto words = live_command(shell_entry("echo ready; while :; do sleep 0.02; done"),
                                  As::kRoot, {"--supervise"});
  RunningProgram::Setup setup;
  const int leaked = pipe->second.get();
  setup.before_exec = [leaked] { ::fcntl(leaked, F_SETFD, 0); };
  RunningProgram slipway(words, setup);
  pipe->second.reset();
  slipway.line("ready");
  pollfd waited{pipe->first.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&waited, 1, 30'000), 1);
  EXPECT_EQ(waited.revents, POLLHUP) << "nobody holds the other end";
  slipway.signal(SIGTERM);
  slipway.wait();
}

TEST_F(Supervise, WhatMayNotBeKilledIsReportedAndNotWaitedFor) {
  // A setuid program of root's, started by an ordinary user's executor.
  const std::string setuid = dir_ / "setuid-probe";
  ASSERT_EQ(run_program({"cp", probe_, setuid}).exit_code, 0);
  ASSERT_EQ(::chmod(setuid.c_str(), 04755), 0);
  auto slipway = start(shell_entry(cat(setuid, " become-root pids sleep 1000 & wait")),
                       As::kOrdinaryUser, {"--kill-after=300ms"});
  const pid_t root_process = slipway->told_pid("pid: ");
  ASSERT_EQ(slipway->line("become-root: "), "ok");
  slipway->line("session: ");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->err(), HasSubstr(cat("process ", root_process,
                                            " ('setuid-probe') is left "
                                            "running: it belongs to somebody else")));
  EXPECT_TRUE(is_running(root_process));
  ::kill(root_process, SIGKILL);
}

TEST_F(Supervise, WithTheProcOfAnotherPidNamespaceNoStrangerIsTouched) {
  // The numbers that slipway would find there are those of other processes.
  std::string line;
  for (const auto& word : live_command(
           shell_entry("trap '' TERM; (echo background up; while :; do sleep 0.02; done) & "
                       "while :; do sleep 0.02; done"),
           As::kRoot, {"--supervise", "--kill-after=300ms"})) {
    line += shell_quote(word) + " ";
  }
  RunningProgram outer(
      {"/usr/bin/unshare", "-p", "-f", "/bin/sh", "-c",
       cat(line,
           "& child=$!; trap 'kill -TERM $child; wait $child; echo status $?; exit' USR1; "
           "echo ready; while :; do sleep 0.02; done")});
  outer.line("ready");
  outer.line("background up");
  const pid_t shell = child_of(outer.pid());
  ASSERT_EQ(::kill(shell, SIGUSR1), 0);
  EXPECT_EQ(outer.line("status "), "137");
  EXPECT_EQ(outer.wait(), 0);
  EXPECT_THAT(outer.err(), HasSubstr("/proc belongs to another pid namespace"));
}

TEST_F(Supervise, OneLookAtProcThatFailsLeavesNothingRunning) {
  for (int look = 1; look <= 3; ++look) {
    inject(cat("getdents64:error=EIO:when=", 2 * look - 1), "/proc");
    const auto result = run(shell_entry("(trap '' TERM; exec setsid sleep 1000) & echo $!"),
                            As::kRoot, {"--supervise", "--kill-after=100ms"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_FALSE(is_running(static_cast<pid_t>(std::stol(result.out)))) << look;
    EXPECT_THAT(result.err, AllOf(HasSubstr("only the executor and its group can be ended"),
                                  Not(HasSubstr("left running"))));
  }
}

// hidepid=2, and a program that its user may not read, so that the user may not look into the
// process (proc(5)): the executor and a daemon of it have no entry in /proc then.
TEST_F(Supervise, WhatProcHidesIsEndedToo) {
  const std::string closed = dir_ / "closed-shell";
  fs::copy_file("/bin/sh", closed);
  ASSERT_EQ(::chmod(closed.c_str(), 0711), 0);
  const std::string daemon_line = "trap \\\"\\\" TERM; echo daemon $$; while :; do sleep 1; done";
  const std::string text = program_entry(
      closed, cat(R"("sh","-c","trap 'exit 4' TERM; (setsid )", closed, " -c '", daemon_line,
                  R"(' &); ls -d /proc/$$ && echo seen: something || echo seen: nothing; )",
                  R"(while :; do sleep 0.02; done")"));
  auto setup = setup_of(As::kOrdinaryUser);
  setup.before_exec = [] {
    if (::mount("proc", "/proc", "proc", 0, "hidepid=2") != 0) ::_exit(99);
  };
  const auto command =
      live_command(text, As::kOrdinaryUser, {"--supervise", "--kill-after", "300ms"});
  in_child([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    RunningProgram slipway(command, setup);
    const pid_t daemon = slipway.told_pid("daemon ");
    EXPECT_EQ(slipway.line("seen: "), "nothing");
    slipway.signal(SIGTERM);
    EXPECT_EQ(slipway.wait(seconds(5)), 4) << slipway.err();
    EXPECT_FALSE(is_running(daemon));
    EXPECT_THAT(slipway.err(), Not(HasSubstr("left running")));
  });
}

TEST_F(Supervise, WithManyProcessesNothingIsLeft) {
  auto slipway = start(
      shell_entry("for i in $(seq 60); do (setsid sh -c 'trap \"\" TERM HUP; while :; do sleep "
                  "0.05; done' &); done; echo $$ >/dev/null; echo ready; sleep 1000"),
      As::kRoot, {"--kill-after=100ms"});
  slipway->line("ready");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->err(), Not(HasSubstr("left running")));
  // They hold the pipe of standard output: its end is theirs.
  EXPECT_EQ(run_program({"pgrep", "-f", "trap .. TERM HUP; while :; do sleep 0.05"}).exit_code, 1);
}

// It holds the entry and what else the caller has in its environment.
TEST_P(SuperviseAs, M19TheSupervisorShowsNothingOfItsEnvironment) {
  make_sandbox(GetParam());
  const std::string text = shell_entry(
      "tr '\\0' '\\n' < /proc/$PPID/environ | grep -c marker; cat /proc/$PPID/mem > /dev/null");
  const auto result = slipway({"run", "--sandbox", sandbox(), "--no-cache", "--supervise"},
                              GetParam(), {"SECRET=marker", cat("SLIPWAY_ENTRY=", text)});
  EXPECT_EQ(result.out, "0\n") << result.err;
  if (GetParam() == As::kOrdinaryUser) {
    EXPECT_THAT(result.err, HasSubstr("mem: Permission denied"));
  }
}

TEST_F(Supervise, KillAfterIsOfNoUseAlone) {
  const auto result = run(shell_entry("true"), As::kRoot, {"--kill-after=1s"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("--kill-after needs --supervise"));
  const auto wrong = run(shell_entry("true"), As::kRoot, {"--supervise", "--kill-after=soon"});
  EXPECT_EQ(wrong.exit_code, 125);
  EXPECT_THAT(wrong.err, HasSubstr("'soon' is not a duration"));
}

TEST_F(Supervise, PlanShowsIt) {
  const std::string file = dir_.write("e.json", shell_entry("true"));
  const auto text = slipway({"plan", file, "--supervise", "--kill-after=1500ms"});
  EXPECT_THAT(text.out, HasSubstr("SIGTERM, after 1500ms SIGKILL"));
  EXPECT_THAT(slipway({"plan", file}).out, HasSubstr("executed in place"));
  const auto json = slipway({"plan", file, "--supervise", "--format=json"});
  EXPECT_THAT(json.out, HasSubstr("\"kill_after_ms\": 5000"));
  EXPECT_THAT(slipway({"plan", file, "--format=json"}).out, HasSubstr("\"supervision\": null"));
}

}  // namespace
}  // namespace slipway::tests
