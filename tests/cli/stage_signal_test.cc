// Signals while slipway fetches and while it mounts, with and without --supervise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <tuple>

#include "tests/cli/held_call.h"
#include "tests/cli/live.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

enum class Parent { kCaller, kSlipway };

class Stage : public Live, public ::testing::WithParamInterface<std::tuple<As, Parent>> {
 protected:
  static As as() { return std::get<0>(GetParam()); }
  static bool supervised() { return std::get<1>(GetParam()) == Parent::kSlipway; }
  static std::vector<std::string> words() {
    return supervised() ? std::vector<std::string>{"--supervise"} : std::vector<std::string>();
  }
};
INSTANTIATE_TEST_SUITE_P(All, Stage,
                         ::testing::Combine(::testing::Values(As::kRoot, As::kRootForUser,
                                                              As::kOrdinaryUser),
                                            ::testing::Values(Parent::kCaller, Parent::kSlipway)),
                         [](const auto& tested) {
                           return name_of(std::get<0>(tested.param)) +
                                  (std::get<1>(tested.param) == Parent::kSlipway ? "Supervised"
                                                                                 : "InPlace");
                         });

class LiveAs : public Live, public ::testing::WithParamInterface<As> {};
class SupervisedStage : public LiveAs {};
INSTANTIATE_TEST_SUITE_P(All, SupervisedStage,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

class Prefetch : public LiveAs {};
INSTANTIATE_TEST_SUITE_P(All, Prefetch,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

// A server that says when it is asked and when the client has gone, and answers nothing.
class SilentServer {
 public:
  [[nodiscard]] std::string uri() const { return server_.uri("/file"); }
  bool is_asked() { return asked_.get_future().wait_for(kPatience) == std::future_status::ready; }
  bool is_left() { return left_.get_future().wait_for(kPatience) == std::future_status::ready; }

 private:
  std::promise<void> asked_;
  std::promise<void> left_;
  RawServer server_{[this](Exchange& exchange) {
    asked_.set_value();
    if (!exchange.wait(kPatience * 2)) left_.set_value();
  }};
};

TEST_P(Stage, M11SignalsDuringTheFetchEndItAll) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGKILL}) {
    SilentServer server;
    RunningProgram slipway(
        live_command(shell_entry("touch started", cat(R"({"value":")", server.uri(), R"("})")),
                     as(), words()),
        setup_of(as()));
    ASSERT_TRUE(server.is_asked());
    slipway.signal(number);
    EXPECT_EQ(slipway.wait(), 128 + number) << slipway.err();
    if (supervised() && number == SIGTERM) {
      EXPECT_THAT(run_program({program_, "report", sandbox()}).out,
                  HasSubstr("exit:    SIGTERM, before the executor was executed, at"));
      EXPECT_THAT(slipway.err(),
                  HasSubstr("'test' was ended by SIGTERM before it was executed, after"));
    }
    EXPECT_TRUE(server.is_left()) << "the fetcher has ended";
    EXPECT_THAT(placed(), Not(Contains("started")));
  }
}

// Which may have had more to say.
TEST_F(Live, TheEndOfAFetcherThatHasToldAFailureIsSaidToo) {
  SilentServer server;
  RunningProgram slipway(live_command(shell_entry("true", cat(R"({"value":"/no/such"},{"value":")",
                                                              server.uri(), R"("})")),
                                      As::kOrdinaryUser, {}),
                         setup_of(As::kOrdinaryUser));
  ASSERT_TRUE(server.is_asked());
  const pid_t fetcher = child_of(slipway.pid());
  ASSERT_GT(fetcher, 0);
  ::kill(fetcher, SIGKILL);
  EXPECT_EQ(slipway.wait(), 125);
  EXPECT_THAT(slipway.err(),
              AllOf(HasSubstr("/no/such"), HasSubstr("the fetch stage was killed by signal 9")));
}

// The launcher lives on, and the task's files are its agent's quota.
TEST_P(Stage, WhatAKilledFetcherHasStagedIsRemoved) {
  SilentServer server;
  const std::string file = dir_.write("local", "staged");
  RunningProgram slipway(
      live_command(shell_entry("touch started", cat(R"({"value":")", file, R"("},{"value":")",
                                                    server.uri(), R"("})")),
                   as(), words()),
      setup_of(as()));
  ASSERT_TRUE(server.is_asked());
  const pid_t launcher = supervised() ? child_of(slipway.pid()) : slipway.pid();
  EXPECT_TRUE(exists(sandbox() + "/.slipway/stage"));
  ::kill(child_of(launcher), SIGKILL);
  EXPECT_EQ(slipway.wait(), 125);
  EXPECT_THAT(slipway.err(), HasSubstr("the fetch stage was killed by signal 9"));
  EXPECT_FALSE(exists(sandbox() + "/.slipway/stage"));
  EXPECT_THAT(placed(), IsEmpty());
}

TEST_P(Prefetch, WhatAKilledFetcherHasStagedIsRemoved) {
  SilentServer server;
  RunningProgram slipway(
      command({"fetch",
               dir_.write("e.json", shell_entry("true", cat(R"({"value":")", server.uri(),
                                                            R"(","cache":true})"))),
               "--prefetch", "--cache-dir", cache(GetParam())},
              GetParam()),
      setup_of(GetParam()));
  ASSERT_TRUE(server.is_asked());
  ::kill(child_of(slipway.pid()), SIGKILL);
  EXPECT_EQ(slipway.wait(), 1);
  EXPECT_THAT(run_program({"ls", cache(GetParam())}).out, Not(HasSubstr("stage.")));
}

TEST_P(SupervisedStage, SignalsDuringTheFetchActAlsoWhereTheCallerBlocksThem) {
  SilentServer server;
  const auto line =
      live_command(shell_entry("touch started", cat(R"({"value":")", server.uri(), R"("})")),
                   GetParam(), {"--supervise"});
  auto setup = setup_of(GetParam());
  setup.before_exec = [] {
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGCHLD, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  RunningProgram slipway(line, setup);
  ASSERT_TRUE(server.is_asked());
  slipway.signal(SIGTERM);
  EXPECT_EQ(slipway.wait(), 128 + SIGTERM) << slipway.err();
  EXPECT_TRUE(server.is_left());
}

TEST_P(Stage, M12SignalsDuringMountingEndItAll) {
  HeldCall held(dir_, "mount_setattr");
  RunningProgram slipway(
      held.command(live_command(shell_entry("touch started", "", volume()), as(), words())),
      setup_of(as()));
  const pid_t mounting = held.is_reached();
  ASSERT_GT(mounting, 0);
  EXPECT_EQ(mounting == slipway.pid(), !supervised());
  slipway.signal(SIGTERM);
  EXPECT_EQ(slipway.wait(), 128 + SIGTERM) << slipway.err();
  EXPECT_TRUE(ends_within(mounting, kPatience));
  EXPECT_THAT(placed(), Not(Contains("started")));
}

TEST_P(SupervisedStage, ASupervisorKilledDuringMountingLeavesNoExecutor) {
  HeldCall held(dir_, "mount_setattr");
  RunningProgram slipway(
      held.command(live_command(shell_entry("touch started; sleep 1000", "", volume()), GetParam(),
                                {"--supervise"})),
      setup_of(GetParam()));
  const pid_t mounting = held.is_reached();
  ASSERT_GT(mounting, 0);
  slipway.signal(SIGKILL);
  slipway.wait();
  EXPECT_TRUE(ends_within(mounting, kPatience));
  EXPECT_THAT(placed(), Not(Contains("started")));
}

}  // namespace
}  // namespace slipway::tests
