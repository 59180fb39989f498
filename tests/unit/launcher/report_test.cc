#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "launcher/report/report_event.h"
#include "launcher/report/report_summary.h"
#include "launcher/report/waterfall.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

UriEvent of_uri(fetcher::FetchEvent event) {
  return {"http://server/a.tgz", "a.tgz", std::move(event)};
}

fetcher::FetchedEvent fetched() {
  fetcher::FetchedEvent event;
  event.bytes = 1'000'000;
  event.sha256 = "ab12";
  event.entries = 3;
  event.tries = 2;
  event.times.connect = 1s;
  event.times.transfer = 39s;
  return event;
}

fetcher::FailedEvent failed() {
  fetcher::FailedEvent event;
  event.uri = 1;
  event.failure = fetcher::FailureClass::kNotFound;
  event.status = 404;
  event.message = "the server answered 404";
  event.remedy = "look at the name";
  event.excerpt = "no such thing";
  return event;
}

TEST(ReportLine, EachHasVersionTimeAndEventAndEndsTheLine) {
  EXPECT_EQ(to_report_line(of_uri(fetcher::StartedEvent{0}), 1500us),
            R"({"v":1,"t":1.5,"event":"fetch-start","index":0,"uri":"http://server/a.tgz",)"
            R"("destination":"a.tgz"})"
            "\n");
  EXPECT_EQ(to_report_line(VolumesMounted{2, 700us}, 2000us),
            R"({"v":1,"t":2.0,"event":"mount","volumes":2,"duration_us":700})"
            "\n");
  EXPECT_EQ(to_report_line(Executing{"/bin/sh", "sh"}, 0us),
            R"({"v":1,"t":0.0,"event":"exec","file":"/bin/sh","argv0":"sh"})"
            "\n");
}

TEST(ReportLine, TheFirstTellsWhatIsLaunchedAndWhen) {
  LaunchStarted started{"thermos", "alice", "/s", 2, 1, std::chrono::system_clock::time_point{0s}};
  EXPECT_THAT(to_report_line(started, 0us),
              AllOf(HasSubstr(R"("event":"plan")"), HasSubstr(R"("time":"1970-01-01T00:00:00Z")"),
                    HasSubstr(R"("executor":"thermos","user":"alice","sandbox":"/s","uris":2)")));
  started.time += 1'709'210'096'999ms;  // in a leap year
  EXPECT_THAT(to_report_line(started, 0us), HasSubstr(R"("time":"2024-02-29T12:34:56Z")"));
}

TEST(ReportLine, AFetchedUriHasItsSourceSizeSumAndPhases) {
  EXPECT_THAT(to_report_line(of_uri(fetched()), 0us),
              AllOf(HasSubstr(R"("event":"fetch-end")"), HasSubstr(R"("ok":true)"),
                    HasSubstr(R"("source":"network","bytes":1000000,"sha256":"ab12")"),
                    HasSubstr(R"("tries":2,"times":{"wait_us":0,"connect_us":1000000)"),
                    HasSubstr(R"("transfer_us":39000000)")));
}

TEST(ReportLine, AFailedUriHasItsClassStatusRemedyAndExcerpt) {
  EXPECT_THAT(to_report_line(of_uri(failed()), 0us),
              AllOf(HasSubstr(R"("ok":false)"), HasSubstr(R"("class":"not-found","status":404)"),
                    HasSubstr(R"("remedy":"look at the name","excerpt":"no such thing")")));
}

TEST(ReportLine, ALineHoldsNoLineBreakOfItsTexts) {
  const auto line =
      to_report_line(LaunchFailed{"fetch", MessageCode::kFetch, "a\nb", "", 125}, 0us);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, HasSubstr(R"("stage":"fetch","code":"E-FETCH","message":"a\nb")"));
}

TEST(ReportLine, OnlyProgressIsProgressAndAFailedStageIsToldByTheLaunch) {
  EXPECT_TRUE(is_progress(of_uri(fetcher::ProgressEvent{0, 1, 2})));
  EXPECT_FALSE(is_progress(of_uri(fetched())));
  EXPECT_FALSE(is_progress(Executing{}));
  EXPECT_THAT(to_report_line(
                  UriEvent{"", "", fetcher::StageFailedEvent{MessageCode::kFetch, "m", ""}}, 0us),
              IsEmpty());
}

TEST(ReportLine, ASupervisedEndIsACodeOrASignal) {
  Ending ending;
  ending.wait_status = W_EXITCODE(3, 0);
  ending.user_cpu = 250ms;
  ending.max_resident_kib = 2048;
  EXPECT_THAT(to_report_line(TreeEnded{ending}, 0us),
              AllOf(HasSubstr(R"("code":3)"), HasSubstr(R"("user_s":0.25)"),
                    HasSubstr(R"("max_rss_kib":2048)")));
  ending.wait_status = W_EXITCODE(0, SIGKILL);
  EXPECT_THAT(to_report_line(TreeEnded{ending}, 0us),
              AllOf(HasSubstr(R"("signal":9)"), Not(HasSubstr("code"))));
}

// A launch of 42 seconds, of which a download takes 40.
std::string sample() {
  std::string text;
  text += to_report_line(LaunchStarted{"thermos", "alice", "/s", 2, 1, {}}, 0us);
  text += to_report_line(of_uri(fetcher::StartedEvent{0}), 1s);
  fetcher::RetryEvent retry;
  retry.tries = 1;
  retry.of = 5;
  retry.message = "the connection was reset";
  text += to_report_line(of_uri(retry), 2s);
  text += to_report_line(of_uri(fetched()), 41s);
  text += to_report_line(UriEvent{"", "", fetcher::PlacedEvent{}}, 41'500ms);
  text += to_report_line(VolumesMounted{1, 100ms}, 41'900ms);
  text += to_report_line(Executing{"/bin/sh", "sh"}, 42s);
  return text;
}

TEST(ReportSummary, ReadsBackWhatTheLinesSay) {
  const auto summary = summarize(sample());
  EXPECT_TRUE(summary.is_report);
  EXPECT_EQ(summary.executor, "thermos");
  ASSERT_THAT(summary.uris, SizeIs(1));
  const UriSummary& uri = summary.uris.at(0);
  EXPECT_EQ(uri.state, UriSummary::State::kFetched);
  EXPECT_EQ(uri.bytes, 1'000'000U);
  EXPECT_EQ(uri.tries, 2U);
  EXPECT_EQ(uri.took(), 40s);
  EXPECT_EQ(uri.times, fetched().times);
  ASSERT_THAT(uri.retries, SizeIs(1));
  EXPECT_EQ(uri.retries[0].message, "the connection was reset");
  EXPECT_EQ(summary.end(), 42s);
  ASSERT_TRUE(summary.exec);
  EXPECT_EQ(summary.exec->file, "/bin/sh");
}

TEST(ReportSummary, ACutLastLineAndUnknownEventsAndVersionsArePassedOver) {
  const auto summary =
      summarize(sample() + R"({"v":1,"t":1,"event":"of-the-future"})" + "\n" +
                R"({"v":2,"t":1,"event":"warning","message":"m"})" + "\n" + R"({"v":1,"t":4)");
  EXPECT_EQ(summary.unread_lines, 0U);
  EXPECT_THAT(summary.warnings, IsEmpty());
  EXPECT_EQ(summary.end(), 42s);
}

TEST(ReportSummary, WhatIsNoReportIsNone) {
  EXPECT_FALSE(summarize("").is_report);
  EXPECT_FALSE(summarize("not json\n[]\n{}\n").is_report);
  EXPECT_EQ(summarize("not json\n[]\n").unread_lines, 2U);
}

TEST(ReportSummary, NumbersOutOfAllBoundsStayInBounds) {
  const auto summary =
      summarize(R"({"v":1,"t":-5,"event":"fetch-start","index":0,"uri":"u"})"
                "\n"
                R"({"v":1,"t":1e300,"event":"fetch-end","index":0,"ok":true,"bytes":-1,)"
                R"("times":{"wait_us":1e308,"transfer_us":"x"}})"
                "\n"
                R"({"v":1,"t":0,"event":"fetch-end","index":99999999999999999999999,"ok":true})"
                "\n");
  ASSERT_THAT(summary.uris, SizeIs(1));
  EXPECT_EQ(summary.uris.at(0).begin, 0s);
  EXPECT_LE(summary.uris.at(0).end, 10'000h);
  EXPECT_LE(summary.uris.at(0).times.wait, 10'000h);
  EXPECT_EQ(summary.uris.at(0).bytes, 0U);
  EXPECT_THAT(waterfall(summary, {}), Not(IsEmpty()));
}

TEST(ReportSummary, AsJsonIsOneLine) {
  const auto json = to_json(summarize(sample()));
  EXPECT_THAT(json, AllOf(StartsWith(R"({"v":1,)"), HasSubstr(R"("state":"fetched")"),
                          HasSubstr(R"("transfer_us":39000000)"), Not(HasSubstr("\n"))));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;
       text.remove_prefix(end + 1)) {
    lines.emplace_back(text.substr(0, end));
  }
  return lines;
}

TEST(Waterfall, FortyLostSecondsHaveAName) {
  const auto lines = lines_of(waterfall(summarize(sample()), {80, Glyphs::kAscii}));
  ASSERT_GE(lines.size(), 7U);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("'thermos' as 'alice'"),
                              HasSubstr("42.000 s until it was executed")));
  EXPECT_THAT(lines[1], AllOf(StartsWith("a.tgz"), HasSubstr("tttttttttt"), HasSubstr("network"),
                              HasSubstr("1000 kB"), HasSubstr("40.000 s")));
  EXPECT_THAT(lines[2], StartsWith("(placing)"));
  EXPECT_THAT(lines[3], StartsWith("(mounts)"));
  EXPECT_THAT(lines[4], StartsWith("(exec)"));
  EXPECT_THAT(lines[5], AllOf(HasSubstr("w wait"), HasSubstr("t transfer")));
  EXPECT_THAT(waterfall(summarize(sample()), {}),
              AllOf(HasSubstr("longest: 'a.tgz' 40.000 s: connect 1.000 s, transfer 39.000 s"),
                    HasSubstr("retried: 'http://server/a.tgz' at 2.000 s, try 1 of 5: the "
                              "connection was reset [transient]")));
}

TEST(Waterfall, NoRowIsWiderThanTheTerminal) {
  for (const std::size_t width : {std::size_t{50}, std::size_t{80}, std::size_t{200}}) {
    for (const Glyphs glyphs : {Glyphs::kAscii, Glyphs::kUtf8}) {
      const auto lines = lines_of(waterfall(summarize(sample()), {width, glyphs}));
      ASSERT_GE(lines.size(), 5U);
      for (std::size_t i = 1; i < 5; ++i) EXPECT_LT(columns_of(lines[i]), width) << lines[i];
    }
  }
}

TEST(Waterfall, WithoutUtf8ItIsAscii) {
  for (const char c : waterfall(summarize(sample()), {80, Glyphs::kAscii})) {
    EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
  }
  EXPECT_THAT(waterfall(summarize(sample()), {80, Glyphs::kUtf8}), HasSubstr("█"));
}

TEST(Waterfall, FailuresAreListedWithWhatTheServerSaid) {
  std::string text = to_report_line(of_uri(failed()), 1s);
  text += to_report_line(
      LaunchFailed{"fetch", MessageCode::kFetch, "not every URI could be fetched", "", 125}, 1s);
  EXPECT_THAT(
      waterfall(summarize(text), {}),
      AllOf(HasSubstr("the server answered 404"), HasSubstr("look at the name"),
            HasSubstr("[not-found, HTTP 404]"), HasSubstr("the server said: 'no such thing'"),
            HasSubstr("failed:  fetch: not every URI could be fetched, exit status 125")));
}

TEST(Waterfall, WhatTheTaskWroteThereCannotReachTheTerminal) {
  std::string text = to_report_line(LaunchStarted{"\x1b[2Je", "u\x1b", "/s", 1, 0, {}}, 0us);
  text += to_report_line(UriEvent{"http://h/\x1b]0;x\x07", "n\x1b[1m\r", fetcher::StartedEvent{0}},
                         0us);
  text += to_report_line(UriEvent{"", "", fetcher::WarningEvent{"w\x1b[31m\n\xc2\x9b"}}, 0us);
  text += to_report_line(LaunchFailed{"\x1b[1m", MessageCode::kExec, "m\x1b", "r\x1b", 1}, 0us);
  const std::string picture = waterfall(summarize(text), {});
  for (const char c : picture) {
    EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'));
  }
  EXPECT_THAT(picture, Not(HasSubstr("\xc2\x9b")));  // a control character too, U+009B
}

}  // namespace
}  // namespace slipway::launcher
