#include "launcher/report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/report/fetch_account.h"
#include "launcher/report/terminal.h"

namespace slipway::launcher {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr TerminalSize kWide{100, 24};

TEST(Progress, ALineForEachUriUnderWayAndOneForAll) {
  Progress progress({"first.tgz", "second.tgz", "third.tgz"});
  EXPECT_THAT(progress.frame(0ms, kWide, Glyphs::kAscii), IsEmpty());
  progress.take(fetcher::StartedEvent{0}, 0ms);
  progress.take(fetcher::StartedEvent{2}, 0ms);
  progress.take(fetcher::ProgressEvent{0, 5'000'000, 20'000'000}, 1000ms);
  const auto frame = progress.frame(1000ms, kWide, Glyphs::kAscii);
  ASSERT_THAT(frame, SizeIs(3));
  EXPECT_THAT(frame[0],
              AllOf(StartsWith("first.tgz "), HasSubstr("[#####---------------]"), HasSubstr("25%"),
                    HasSubstr("5000 kB"), HasSubstr("5000 kB/s"), HasSubstr("ETA 4 s")));
  EXPECT_THAT(frame[1], AllOf(StartsWith("third.tgz "), Not(HasSubstr("%"))));
  EXPECT_THAT(frame[2], StartsWith("0 of 3 URIs"));
}

TEST(Progress, WhatHasEndedIsCountedAndShownNoMore) {
  Progress progress({"a", "b", "c"});
  for (std::size_t i = 0; i < 3; ++i) progress.take(fetcher::StartedEvent{i}, 0ms);
  fetcher::FetchedEvent fetched;
  fetched.bytes = 7000;
  progress.take(fetched, 10ms);
  fetcher::FailedEvent failed;
  failed.uri = 1;
  progress.take(failed, 20ms);
  const auto frame = progress.frame(20ms, kWide, Glyphs::kAscii);
  ASSERT_THAT(frame, SizeIs(2));
  EXPECT_THAT(frame[0], StartsWith("c "));
  EXPECT_THAT(frame[1], AllOf(StartsWith("2 of 3 URIs"), HasSubstr("7000 bytes")));
  fetched.uri = 2;
  progress.take(fetched, 30ms);
  EXPECT_FALSE(progress.is_under_way());
  EXPECT_THAT(progress.frame(30ms, kWide, Glyphs::kAscii), IsEmpty());
}

TEST(Progress, BetweenTriesItCountsDown) {
  Progress progress({"a"});
  fetcher::RetryEvent retry;
  retry.pause = 3s;
  progress.take(retry, 0ms);
  EXPECT_THAT(progress.frame(500ms, kWide, Glyphs::kAscii)[0], HasSubstr("tries again in 3 s"));
  EXPECT_THAT(progress.frame(2500ms, kWide, Glyphs::kAscii)[0], HasSubstr("tries again in 1 s"));
  progress.take(fetcher::ProgressEvent{0, 0, std::nullopt}, 2600ms);  // nothing has come
  EXPECT_THAT(progress.frame(2600ms, kWide, Glyphs::kAscii)[0], HasSubstr("tries again in 1 s"));
  EXPECT_THAT(progress.frame(3500ms, kWide, Glyphs::kAscii)[0], Not(HasSubstr("tries again")));
  progress.take(retry, 4000ms);
  progress.take(fetcher::ProgressEvent{0, 1, std::nullopt}, 4100ms);
  EXPECT_THAT(progress.frame(4100ms, kWide, Glyphs::kAscii)[0], Not(HasSubstr("tries again")));
}

TEST(Progress, AnOrdinaryTerminalHasRoomForTheBarAndEveryNumber) {
  Progress progress({"first.tgz"});
  progress.take(fetcher::ProgressEvent{0, 0, 20'000'000}, 0ms);
  progress.take(fetcher::ProgressEvent{0, 5'000'000, 20'000'000}, 1000ms);
  EXPECT_THAT(progress.frame(1000ms, {80, 24}, Glyphs::kAscii)[0],
              AllOf(HasSubstr("[##------]"), HasSubstr("25%"), HasSubstr("5000 kB/s"),
                    HasSubstr("ETA 4 s")));
}

TEST(Progress, NoFrameWrapsOrFillsTheWindow) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i)
    names.push_back("directory/a-rather-long-name-漢字漢字-of-an-archive.tgz");
  Progress progress(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    progress.take(fetcher::StartedEvent{i}, 0ms);
    progress.take(fetcher::ProgressEvent{i, 123'456'789, 9'876'543'210}, 1000ms);
  }
  for (const Glyphs glyphs : {Glyphs::kAscii, Glyphs::kUtf8}) {
    for (std::size_t columns = 1; columns < 120; ++columns) {
      for (const std::size_t rows :
           {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{24}}) {
        const auto frame = progress.frame(1000ms, {columns, rows}, glyphs);
        EXPECT_LT(frame.size(), rows);
        for (const auto& line : frame) EXPECT_LT(columns_of(line), columns) << line;
      }
    }
  }
  EXPECT_THAT(progress.frame(1000ms, kWide, Glyphs::kAscii).back(),
              HasSubstr("and 18 more under way"));
}

TEST(Progress, NamesCannotSteerTheTerminal) {
  Progress progress({"\x1b[2J\r\n"});
  progress.take(fetcher::StartedEvent{0}, 0ms);
  for (const auto& line : progress.frame(0ms, kWide, Glyphs::kAscii)) {
    for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(Progress, EventsOfUrisThatAreNoneAreIgnored) {
  Progress progress({"a"});
  progress.take(fetcher::StartedEvent{1}, 0ms);
  progress.take(fetcher::ProgressEvent{7, 1, 2}, 0ms);
  fetcher::RetryEvent retry;
  retry.uri = 9;
  progress.take(retry, 0ms);
  EXPECT_FALSE(progress.is_under_way());
}

TEST(Glyphs, AreWhatTheLocaleCanShow) {
  EXPECT_EQ(glyphs_of({{"LANG", "en_US.UTF-8"}}), Glyphs::kUtf8);
  EXPECT_EQ(glyphs_of({{"LANG", "C.utf8"}}), Glyphs::kUtf8);
  EXPECT_EQ(glyphs_of({{"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}), Glyphs::kAscii);
  EXPECT_EQ(glyphs_of({{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}}), Glyphs::kUtf8);
  EXPECT_EQ(glyphs_of({}), Glyphs::kAscii);
}

TEST(Shortened, LeavesTheMiddleOut) {
  EXPECT_EQ(shortened("abc", 3, Glyphs::kAscii), "abc");
  EXPECT_EQ(shortened("0123456789", 8, Glyphs::kAscii), "01..6789");
  EXPECT_EQ(columns_of(shortened("漢字漢字漢字", 5, Glyphs::kUtf8)), 5U);
}

TEST(FailureLines, AreTwoAtMost) {
  fetcher::FailedEvent event;
  event.code = MessageCode::kFetchTransient;
  event.status = 503;
  event.message = "the server answered 503";
  event.tries = 5;
  EXPECT_THAT(failure_lines(event, "http://h/x"),
              ElementsAre(AllOf(HasSubstr("fetching 'http://h/x': the server answered 503"),
                                HasSubstr("; 5 tries [E-FETCH-TRANSIENT]"))));
  event.excerpt = "come back\nlater";
  const auto lines = failure_lines(event, "http://h/x");
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("the server said: 'come back"), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace slipway::launcher
