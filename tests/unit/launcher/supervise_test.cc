// The pure parts of --supervise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launch/process_tree.h"
#include "launcher/launch/signal_route.h"
#include "launcher/report/ending.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kStat[] =
    "42 (a) R (b c) T 7 42 42 0 -1 4194560 89 0 0 0 1 2 3 4 20 0 1 0 123456 2600960 150 184\n";

TEST(ParseStat, TakesPidNameStateParentAndStart) {
  const auto process = parse_stat(kStat);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 42);
  EXPECT_EQ(process->name, "a) R (b c") << "a name may look like what follows it";
  EXPECT_EQ(process->state, 'T');
  EXPECT_EQ(process->parent, 7);
  EXPECT_EQ(process->started, 123456U);
}

TEST(ParseStat, RefusesWhatIsNone) {
  for (const char* text : {"", "42", "42 (a", "42 (a) S 1", ") 1 (",
                           "x (a) S 1 2 3 4 5 6 7 8 9 10 "
                           "11 12 13 14 15 16 17 18 19 20 21 22"}) {
    EXPECT_FALSE(parse_stat(text)) << text;
  }
}

Process process(pid_t pid, pid_t parent) {
  Process made;
  made.pid = pid;
  made.parent = parent;
  return made;
}

std::vector<pid_t> pids_below(pid_t root, const std::vector<Process>& all) {
  std::vector<pid_t> pids;
  for (const Process& each : below(root, all)) pids.push_back(each.pid);
  return pids;
}

TEST(Below, ListsParentsBeforeChildrenAndNobodyElse) {
  const std::vector<Process> all{process(1, 0), process(9, 8), process(8, 7), process(7, 5),
                                 process(5, 1), process(6, 5), process(3, 1)};
  EXPECT_THAT(pids_below(5, all), ElementsAre(7, 6, 8, 9));
  EXPECT_THAT(pids_below(9, all), IsEmpty());
}

TEST(Below, DoesNotTurnInCircles) {
  EXPECT_THAT(pids_below(5, {process(6, 5), process(7, 6), process(6, 7), process(5, 7)}),
              ElementsAre(6, 7, 6, 5));
}

TEST(Descendants, AreSeenWithTheirChildren) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto found = descendants();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  Process seen = found->front();
  EXPECT_EQ(seen.pid, child);
  // The same pid, but not the same process.
  seen.started += 1;
  EXPECT_EQ(deliver(seen, SIGKILL), Delivery::kGone);
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0);
  EXPECT_EQ(deliver(found->front(), SIGKILL), Delivery::kDelivered);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(deliver(found->front(), SIGKILL), Delivery::kGone);
}

TEST(Route, WhatATerminalSendsGoesToTheGroup) {
  for (const int number : {SIGINT, SIGQUIT, SIGHUP, SIGWINCH, SIGCONT}) {
    EXPECT_EQ(route_of(number, SI_USER), Route::kGroup) << number;
    EXPECT_EQ(route_of(number, SI_KERNEL), Route::kGroup) << number;
  }
  for (const int number : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    EXPECT_EQ(route_of(number, SI_KERNEL), Route::kStop) << number;
  }
}

TEST(Route, EverythingElseGoesToTheExecutorButSlipwaysOwn) {
  int own = 0;
  for (int number = 1; number < NSIG; ++number) {
    const Route route = route_of(number, SI_USER);
    if (route == Route::kReap || route == Route::kEnd || route == Route::kCallerGone) ++own;
    if (route == Route::kNowhere) ADD_FAILURE() << number;
  }
  EXPECT_EQ(own, 3);
  EXPECT_EQ(route_of(SIGCHLD, CLD_EXITED), Route::kReap);
  EXPECT_EQ(route_of(SIGTERM, SI_USER), Route::kEnd);
  EXPECT_EQ(route_of(caller_gone_signal(), SI_USER), Route::kCallerGone);
  EXPECT_EQ(route_of(SIGXCPU, SI_KERNEL), Route::kNowhere);
  EXPECT_EQ(route_of(SIGALRM, SI_KERNEL), Route::kExecutor) << "alarm(2) of who called slipway";
}

TEST(Ending, TellsCodesAndSignals) {
  Ending ending;
  ending.wait_status = W_EXITCODE(3, 0);
  ending.wall = std::chrono::milliseconds(61'005);
  ending.user_cpu = std::chrono::microseconds(1'999'999);
  ending.max_resident_kib = 2012;
  EXPECT_EQ(exit_status_of(ending), 3);
  EXPECT_EQ(describe(ending, "e"),
            "'e' ended with exit code 3 after 61.005 s (CPU 1.999 s user, 0.000 s system; largest "
            "process 2012 KiB resident)");
  ending.wait_status = W_EXITCODE(0, SIGSEGV) | WCOREFLAG;
  EXPECT_EQ(exit_status_of(ending), 128 + SIGSEGV);
  EXPECT_THAT(describe(ending, "e"), HasSubstr("was ended by SIGSEGV after"));
  ending.wait_status = W_EXITCODE(0, 40);
  EXPECT_THAT(describe(ending, "e"), HasSubstr("was ended by signal 40 after"));
  ending.of = Ending::Of::kNothing;
  EXPECT_EQ(exit_status_of(ending), 125);
  EXPECT_THAT(describe(ending, "e"), HasSubstr("could not be ended"));
}

}  // namespace
}  // namespace slipway::launcher
