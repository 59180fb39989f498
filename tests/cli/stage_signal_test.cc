// Signals while slipway fetches and while it mounts, with and without --supervise.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <future>
#include <tuple>

#include "sandbox/base/sys.h"
#include "tests/cli/live.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
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

class SupervisedStage : public Live, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, SupervisedStage,
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
    EXPECT_TRUE(server.is_left()) << "the fetcher has ended";
    EXPECT_THAT(placed(), Not(Contains("started")));
  }
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

// slipway under strace, which holds the first mount_setattr(2) for a while and says so.
class HeldMount {
 public:
  explicit HeldMount(const TempDir& dir) : log_(dir / "strace") {
    EXPECT_EQ(::mkfifo(log_.c_str(), 0666), 0);
    EXPECT_EQ(::chmod(log_.c_str(), 0666), 0);
    auto opened = sys::open_at(AT_FDCWD, log_, O_RDWR);  // O_RDWR: waits for no writer
    EXPECT_TRUE(opened);
    pipe_ = *std::move(opened);
  }

  // -D: slipway itself is the process that is started, and strace no child of it.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& slipway) const {
    std::vector<std::string> all{"/usr/bin/strace",
                                 "-D",
                                 "-f",
                                 "-q",
                                 "-o",
                                 log_,
                                 "-e",
                                 "trace=mount_setattr",
                                 "-e",
                                 "inject=mount_setattr:delay_enter=1500ms:when=1"};
    all.insert(all.end(), slipway.begin(), slipway.end());
    return all;
  }

  // Waits for the call; the pid of the process that makes it.
  pid_t is_reached() {
    std::string text;
    while (text.find("mount_setattr(") == std::string::npos) {
      pollfd waited{pipe_.get(), POLLIN, 0};
      if (::poll(&waited, 1, 30'000) != 1) {
        ADD_FAILURE() << "no mount: " << text;
        return 0;
      }
      char buffer[4096];
      const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
      text.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
    // Lines begin with the pid; earlier ones tell of processes that have ended.
    const std::size_t before = text.rfind('\n', text.find("mount_setattr("));
    return static_cast<pid_t>(std::stol(text.substr(before == std::string::npos ? 0 : before + 1)));
  }

 private:
  std::string log_;
  Fd pipe_;
};

TEST_P(Stage, M12SignalsDuringMountingEndItAll) {
  HeldMount held(dir_);
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
  HeldMount held(dir_);
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
