// --supervise: where signals go, and whose end ends what.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "sandbox/base/sys.h"
#include "tests/cli/live.h"

namespace slipway::tests {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class SuperviseSignals : public Supervise {};
class SuperviseSignalsAs : public SuperviseAs {};
INSTANTIATE_TEST_SUITE_P(All, SuperviseSignalsAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(SuperviseSignalsAs, P41WhenTheSupervisorIsKilledTheExecutorDiesWithinASecond) {
  for (const std::string& rest : {std::string(), volume()}) {
    auto slipway = start(program_entry(probe_, R"("probe","pids","sleep","1000")",
                                       cat(R"({"value":")", probe_, R"("})"), rest),
                         GetParam());
    const pid_t executor = slipway->told_pid("pid: ");
    slipway->signal(SIGKILL);
    EXPECT_TRUE(ends_within(executor, seconds(1))) << rest;
    EXPECT_EQ(slipway->wait(), 128 + SIGKILL);
  }
}

TEST_P(SuperviseSignalsAs, WhenItsParentIsKilledTheTreeIsEnded) {
  const auto words = live_command(
      shell_entry("(setsid sh -c 'trap \"\" TERM; echo daemon $$; while :; do sleep 1; done' &); "
                  "echo executor $$; while :; do sleep 0.02; done"),
      GetParam(), {"--supervise", "--kill-after=300ms"});
  std::string line;
  for (const auto& word : words) line += shell_quote(word) + " ";
  RunningProgram parent({"/bin/sh", "-c", line + "& echo slipway $!; wait"}, setup_of(GetParam()));
  const pid_t slipway = parent.told_pid("slipway ");
  const pid_t executor = parent.told_pid("executor ");
  const pid_t daemon = parent.told_pid("daemon ");
  parent.signal(SIGKILL);
  EXPECT_TRUE(ends_within(executor, kPatience));
  EXPECT_TRUE(ends_within(daemon, kPatience));
  EXPECT_TRUE(ends_within(slipway, kPatience));
}

// A logger that was stopped, a pager at which nobody presses a key.
TEST_P(SuperviseSignalsAs, WhenItsParentIsKilledTheTreeIsEndedAlsoWhereNobodyReadsMessages) {
  std::string line;
  for (const auto& word : live_command(shell_entry("trap '' TERM; echo executor $$; "
                                                   "while :; do sleep 0.02; done"),
                                       GetParam(), {"--supervise", "--kill-after=300ms"})) {
    line += shell_quote(word) + " ";
  }
  auto pipe = sys::make_pipe();
  ASSERT_TRUE(pipe);
  const int full = pipe->second.get();
  ASSERT_EQ(::fcntl(full, F_SETFL, O_NONBLOCK), 0);
  while (::write(full, "x", 1) == 1) {
  }
  ASSERT_EQ(::fcntl(full, F_SETFL, 0), 0);
  auto setup = setup_of(GetParam());
  setup.before_exec = [full] { ::dup2(full, STDERR_FILENO); };
  RunningProgram parent({"/bin/sh", "-c", line + "& echo slipway $!; wait"}, setup);
  const pid_t slipway = parent.told_pid("slipway ");
  const pid_t executor = parent.told_pid("executor ");
  parent.signal(SIGKILL);
  EXPECT_TRUE(ends_within(executor, kPatience));
  EXPECT_TRUE(ends_within(slipway, kPatience));
  EXPECT_THAT(read_file(sandbox() + "/.slipway/report.jsonl"), HasSubstr("\"event\":\"exit\""));
}

TEST_P(SuperviseSignalsAs, WhenMerelyTheThreadThatStartedItEndsNothingHappens) {
  std::unique_ptr<RunningProgram> slipway;
  pid_t thread = 0;
  std::thread([&] {
    thread = ::gettid();
    slipway = start(shell_entry("trap 'echo alive' USR1; echo ready; while :; do sleep 0.02; done"),
                    GetParam());
    slipway->line("ready");
  }).join();
  // Joined is a little earlier than ended.
  while (exists(cat("/proc/self/task/", thread))) std::this_thread::yield();
  slipway->signal(SIGUSR1);
  slipway->line("alive");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->err(), Not(HasSubstr("parent")));
}

TEST_P(SuperviseSignalsAs, CallersThatIgnoreAndBlockSignalsChangeNothing) {
  const auto words = live_command(
      program_entry(probe_, R"("probe","signals","fds","pids","sleep","1000")", "", volume()),
      GetParam(), {"--supervise"});
  auto setup = setup_of(GetParam());
  setup.before_exec = [] {
    for (const int number : {SIGCHLD, SIGPIPE, SIGINT, SIGTERM, SIGUSR1}) {
      ::signal(number, SIG_IGN);
    }
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  RunningProgram slipway(words, setup);
  EXPECT_EQ(slipway.line("SigBlk: "), "0000000000000000");
  EXPECT_EQ(slipway.line("SigIgn: "), "0000000000000000");
  EXPECT_EQ(slipway.line("fds: "), "0 1 2");
  slipway.line("session: ");
  slipway.signal(SIGINT);
  EXPECT_EQ(slipway.wait(), 128 + SIGINT);
}

// Not INT: a shell's background processes ignore it.
constexpr char kFamily[] =
    "trap 'echo main HUP' HUP; trap 'echo main USR1' USR1; "
    "sh -c 'trap \"echo child HUP\" HUP; trap \"echo child USR1\" USR1; echo child up; "
    "while :; do sleep 0.02; done' & while :; do sleep 0.02; done";

TEST_P(SuperviseSignalsAs, WhatATerminalSendsGoesToTheGroupAllElseToTheExecutor) {
  auto slipway = start(shell_entry(kFamily), GetParam());
  slipway->line("child up");
  slipway->signal(SIGUSR1);
  slipway->line("main USR1");
  slipway->signal(SIGHUP);
  slipway->line("main HUP");
  slipway->line("child HUP");
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
  EXPECT_THAT(slipway->out(), Not(HasSubstr("child USR1")));
}

TEST_F(SuperviseSignals, IntEndsAnExecutorAndItsGroup) {
  auto slipway = start(shell_entry("sleep 1000; echo went on"));
  const pid_t executor = child_of(slipway->pid());
  const pid_t sleeper = child_of(executor);
  // While it starts something, dash loses what it catches.
  ASSERT_EQ(state_of(sleeper, "S"), 'S');
  ASSERT_EQ(state_of(executor, "S"), 'S');
  slipway->signal(SIGINT);
  EXPECT_EQ(slipway->wait(), 128 + SIGINT);
  EXPECT_FALSE(is_running(sleeper));
  EXPECT_EQ(slipway->out(), "");
}

TEST_F(SuperviseSignals, RealTimeAndOddSignalsPass) {
  for (const int number : {SIGRTMIN, SIGRTMIN + 5, SIGALRM, SIGPIPE, SIGXCPU, SIGSEGV}) {
    auto slipway = start(shell_entry("echo ready; while :; do sleep 0.02; done"));
    slipway->line("ready");
    slipway->signal(number);
    EXPECT_EQ(slipway->wait(), 128 + number);
  }
}

TEST_P(SuperviseSignalsAs, TstpStopsTheGroupAndSlipwayAndContResumesBoth) {
  auto slipway = start(program_entry(probe_, R"("probe","pids","sleep","1000")"), GetParam());
  const pid_t executor = slipway->told_pid("pid: ");
  slipway->line("session: ");
  slipway->signal(SIGTSTP);
  EXPECT_TRUE(slipway->stops());
  EXPECT_EQ(state_of(executor, "T"), 'T');
  slipway->signal(SIGCONT);
  EXPECT_EQ(state_of(slipway->pid(), "S"), 'S');
  EXPECT_EQ(state_of(executor, "S"), 'S');
  slipway->signal(SIGTERM);
  EXPECT_EQ(slipway->wait(), 128 + SIGTERM);
}

TEST_F(SuperviseSignals, AReaderOfMessagesThatHasGoneAwayDoesNotEndTheExecutor) {
  auto words = live_command(
      entry(R"({"value":"echo ready; sleep 0.2; exit 3","unknown":"gives a warning"})"), As::kRoot,
      {"--supervise"});
  RunningProgram::Setup setup;
  setup.before_exec = [] {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) ::_exit(98);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
  };
  RunningProgram slipway(words, setup);
  EXPECT_EQ(slipway.wait(), 3);
}

}  // namespace
}  // namespace slipway::tests
