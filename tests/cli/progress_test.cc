// What a person sees on a terminal while something is fetched, and when it is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/raw_server.h"
#include "tests/support/screen.h"
#include "tests/support/surroundings.h"
#include "tests/support/terminal.h"

namespace slipway::tests {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kPieces = 8;

// 8 MiB in a bit more than a second.
void send_slowly(Exchange& exchange) {
  bool good = true;
  for (std::size_t i = 0; good && i < kPieces; ++i) {
    good = exchange.send(std::string(kPiece, 'x')) && exchange.wait(150ms);
  }
}

void answer(Exchange& exchange) {
  exchange.send(exchange.target() == "/endless"
                    ? std::string("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                    : cat("HTTP/1.1 200 OK\r\nContent-Length: ", kPieces * kPiece, "\r\n\r\n"));
  send_slowly(exchange);
}

// A program on a terminal, and the screen of that.
class Sight {
 public:
  Sight(const std::vector<std::string>& argv, const RunOptions& options, Window window)
      : terminal_(argv, options, window), screen_(window.columns, window.rows) {}

  // Looks until a line has it; false where that does not come.
  bool until(const std::string& regex) {
    const auto seen = [&] {
      return std::ranges::any_of(screen_.lines(), [&](const std::string& line) {
        return ::testing::Value(line, ContainsRegex(regex));
      });
    };
    while (!seen()) {
      if (!look()) return false;
    }
    return true;
  }
  int to_the_end() {
    while (look()) continue;
    return terminal_.wait();
  }
  void type(std::string_view text) { terminal_.type(text); }
  [[nodiscard]] const Screen& screen() const { return screen_; }
  [[nodiscard]] const std::string& shown() const { return terminal_.shown(); }

 private:
  bool look() {
    const bool more = terminal_.read_more();
    screen_.feed(std::string_view(terminal_.shown()).substr(fed_));
    fed_ = terminal_.shown().size();
    return more;
  }

  Terminal terminal_;
  Screen screen_;
  std::size_t fed_ = 0;
};

class ProgressDisplay : public Fetch {
 protected:
  // `slipway WORDS… ENTRY` in a new sandbox.
  Sight see(const std::string& uris, Window window = {80, 24},
            std::vector<std::string> environment = {"TERM=xterm"},
            std::vector<std::string> words = {"fetch"}) {
    const std::string file = dir_.write("entry.json", shell_entry("echo it runs", uris));
    RunOptions options;
    environment.emplace_back("PATH=/usr/bin:/bin");
    options.env = std::move(environment);
    options.cwd = start_directory();
    words.insert(words.end(), {file, "--sandbox", sandbox(), "--no-cache"});
    return {command(words, As::kRoot), options, window};
  }
  std::string big() { return uri(server_.uri("/big")); }

  // Nothing is left of what was drawn, and the next line begins at the left.
  static void expect_clean(const Screen& screen) {
    EXPECT_THAT(screen.unknown(), IsEmpty());
    EXPECT_EQ(screen.column(), 0U);
    EXPECT_GE(screen.row(), screen.lines().size());
  }

  RawServer server_{answer};
};

class ProgressOfWidth : public ProgressDisplay, public ::testing::WithParamInterface<int> {
 protected:
  static Window window() { return {static_cast<unsigned short>(GetParam()), 24}; }
};
INSTANTIATE_TEST_SUITE_P(All, ProgressOfWidth, ::testing::Values(20, 40, 80, 200));

TEST_F(ProgressDisplay, ARowHasNamePercentageSizeAndRate) {
  Sight sight = see(big());
  EXPECT_TRUE(
      sight.until(R"(^big +\[#+-+\] +[1-9][0-9]*% +[0-9.]+ [kM]B +[0-9.]+ [kM]B/s  ETA [12] s)"))
      << sight.shown();
  EXPECT_THAT(sight.screen().lines(), Contains(ContainsRegex("^0 of 1 URI .* of 8388 kB")));
  EXPECT_EQ(sight.to_the_end(), 0);
}

TEST_F(ProgressDisplay, WhereTheSizeIsUnknownARowHasSizeAndRateOnly) {
  Sight sight = see(uri(server_.uri("/endless")));
  EXPECT_TRUE(sight.until("^endless +[0-9.]+ [kM]B  [0-9.]+ [kM]B/s$")) << sight.shown();
  EXPECT_THAT(sight.shown(), Not(HasSubstr("%")));
  EXPECT_EQ(sight.to_the_end(), 0);
}

TEST_P(ProgressOfWidth, NoRowIsLongerThanTheTerminalAndNothingIsLeft) {
  Sight sight = see(cat(big(), ",", uri(server_.uri(cat("/", std::string(120, 'n'))))), window());
  EXPECT_TRUE(sight.until("0 of 2 URIs")) << sight.shown();
  EXPECT_EQ(sight.to_the_end(), 0) << sight.shown();
  // Lines of the log may; they stay, so that the terminal can break them.
  EXPECT_THAT(sight.screen().wrapped(), Not(Contains(HasSubstr("URIs"))));
  expect_clean(sight.screen());
  std::string all;
  for (const std::string& line : sight.screen().lines()) all += line;
  EXPECT_THAT(all, AllOf(StartsWith("slipway: fetched "), Not(HasSubstr("%")),
                         Not(HasSubstr("URI")), Not(HasSubstr("/s"))));
}

TEST_F(ProgressDisplay, AtTheEndTheScreenHoldsTheLinesOfTheLogOnly) {
  Sight sight = see(big());
  EXPECT_EQ(sight.to_the_end(), 0);
  EXPECT_THAT(sight.screen().lines(), ElementsAre(cat("slipway: fetched '", server_.uri("/big"),
                                                      "' (8388 kB, network) to 'big'")));
  EXPECT_THAT(sight.shown(), HasSubstr("\x1b[2A"));
  expect_clean(sight.screen());
}

TEST_F(ProgressDisplay, TheExecutorBeginsOnACleanLine) {
  Sight sight = see(big(), {80, 24}, {"TERM=xterm"}, {"run"});
  EXPECT_EQ(sight.to_the_end(), 0);
  EXPECT_THAT(sight.screen().lines(),
              ElementsAre(StartsWith("slipway: fetched 'http://"), "it runs"));
  expect_clean(sight.screen());
}

TEST_F(ProgressDisplay, ALowTerminalShowsAsManyRowsAsItHas) {
  std::string uris = big();
  for (int i = 0; i < 6; ++i) uris += cat(",", uri(server_.uri(cat("/", i))));
  Sight sight = see(uris, {80, 5});
  EXPECT_TRUE(sight.until("and [1-9] more under way")) << sight.shown();
  EXPECT_EQ(sight.to_the_end(), 0);
  EXPECT_THAT(sight.screen().lines(), AllOf(SizeIs(7), Each(StartsWith("slipway: fetched '"))));
  expect_clean(sight.screen());
}

TEST_F(ProgressDisplay, BetweenTriesItSaysWhenTheNextIs) {
  std::atomic<int> requests = 0;
  RawServer moody([&](Exchange& exchange) {
    if (++requests > 1) return answer(exchange);
    exchange.respond("503 Service Unavailable", "", "Retry-After: 2\r\n");
  });
  Sight sight = see(uri(moody.uri("/big")), {200, 24});
  EXPECT_TRUE(sight.until("^big +tries again in [1-4] s$")) << sight.shown();
  EXPECT_TRUE(sight.until("^big +\\[")) << sight.shown();
  EXPECT_EQ(sight.to_the_end(), 0);
  EXPECT_THAT(sight.screen().lines(), Contains(HasSubstr("W-FETCH-RETRY]")));
  EXPECT_THAT(sight.screen().lines(), Contains(HasSubstr("2 tries) to 'big'")));
  EXPECT_THAT(sight.screen().lines(), Not(Contains(HasSubstr("tries again in 1 s"))));
  expect_clean(sight.screen());
}

TEST_F(ProgressDisplay, AFailureStandsWhereTheRowsWere) {
  const std::string pinned = server_.uri(cat("/big#sha256=", std::string(64, '0')));
  Sight sight = see(uri(pinned), {400, 24});
  EXPECT_TRUE(sight.until("^big +\\[")) << sight.shown();
  EXPECT_EQ(sight.to_the_end(), 1);
  EXPECT_THAT(sight.screen().lines(),
              ElementsAre(HasSubstr("[E-FETCH-CHECKSUM]"), HasSubstr("1 of 1 URI failed")));
  expect_clean(sight.screen());
}

TEST_F(ProgressDisplay, AnInterruptLeavesACleanScreen) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"fetch"}, {"run"}, {"run", "--supervise"}}) {
    Sight sight = see(big(), {80, 24}, {"TERM=xterm"}, words);
    EXPECT_TRUE(sight.until("^big +\\[")) << sight.shown();
    sight.type("\x03");
    EXPECT_EQ(sight.to_the_end(), 128 + SIGINT);
    // A supervisor says how it ended.
    std::string left;
    for (const std::string& line : sight.screen().lines()) left += line;
    EXPECT_THAT(left, AnyOf(IsEmpty(), StartsWith("slipway: 'test' was ended by SIGINT ")));
    expect_clean(sight.screen());
  }
}

// At most two lines for a URI, and nothing but text.
void expect_plain(const std::string& shown) {
  EXPECT_THAT(shown, AllOf(HasSubstr("fetched '"), Not(HasSubstr("\x1b")), Not(HasSubstr("%"))));
  EXPECT_LE(std::ranges::count(shown, '\n'), 2) << shown;
}

TEST_F(ProgressDisplay, ATerminalThatCannotDrawGetsLinesOnly) {
  for (const std::vector<std::string>& environment :
       {std::vector<std::string>{"TERM=dumb"}, std::vector<std::string>{}}) {
    Sight sight = see(big(), {80, 24}, environment);
    EXPECT_EQ(sight.to_the_end(), 0);
    expect_plain(sight.shown());
  }
}

TEST_F(ProgressDisplay, WithoutTerminalThereAreLinesOnly) {
  const auto result = run(shell_entry("true", big()));
  EXPECT_EQ(result.exit_code, 0);
  expect_plain(result.err);
}

TEST_F(ProgressDisplay, NothingIsColouredWithAndWithoutNoColor) {
  for (const char* variable : {"NO_COLOR=1", "OTHER=1"}) {
    Sight sight = see(big(), {80, 24}, {"TERM=xterm-256color", variable});
    EXPECT_TRUE(sight.until("^big +\\[")) << sight.shown();
    EXPECT_EQ(sight.to_the_end(), 0);
    expect_clean(sight.screen());
  }
}

}  // namespace
}  // namespace slipway::tests
