#include "tests/bench/results_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_program.h"
#include "tests/unit/bench/sample_result.h"

namespace slipway::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What a parser that is not ours finds: the texts of the elements of that name, a line each.
std::string texts(const std::string& svg, const std::string& element) {
  tests::RunOptions options;
  options.stdin_text = svg;
  const auto result =
      tests::run_program({"python3", "-c",
                          "import sys, xml.etree.ElementTree as tree\n"
                          "name = '{http://www.w3.org/2000/svg}' + sys.argv[1]\n"
                          "for found in tree.fromstring(sys.stdin.buffer.read()).iter(name):\n"
                          "    sys.stdout.buffer.write(((found.text or '') + '\\n').encode())\n",
                          element},
                         options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

TEST(ResultsChart, IsXmlWithATitleAndItsWordsAsText) {
  const std::string svg = chart_svg(sample_result());
  EXPECT_EQ(texts(svg, "title"), "Launching: slipway beside others\n");
  const std::string words = texts(svg, "text");
  EXPECT_THAT(words, HasSubstr("1 RO bind: 1.25 ms\n"));
  EXPECT_THAT(words, HasSubstr("bwrap\n"));
  EXPECT_THAT(words, HasSubstr("a | b\n"));
  EXPECT_THAT(words, HasSubstr("a <quick> CPU\n"));
}

TEST(ResultsChart, ValueAndGoalStandBesideEachBar) {
  const std::string words = texts(chart_svg(sample_result()), "text");
  EXPECT_THAT(words, HasSubstr("0.50x (goal 0.6)\n"));
  EXPECT_THAT(words, HasSubstr("1.25x (goal 1.1, missed)\n"));
}

TEST(ResultsChart, AxisHasItsNumbers) {
  const std::string words = texts(chart_svg(sample_result()), "text");
  for (const char* label : {"0x\n", "0.25x\n", "1x\n", "1.25x\n"}) {
    EXPECT_THAT(words, HasSubstr(label));
  }
}

TEST(ResultsChart, BarIsAsLongAsTheAxisSays) {
  SuiteResult result = sample_result();
  result.cases[0].peers = {{"one", 1, {1, 1, 1, 1, 1}, {}}, {"half", 1, {.5, .5, .5, .5, .5}, {}}};
  const std::string svg = chart_svg(result);
  EXPECT_THAT(svg, HasSubstr(R"(width="430")"));
  EXPECT_THAT(svg, HasSubstr(R"(width="215")"));
}

TEST(ResultsChart, BarBehindTheEndOfTheAxisIsCutAndSaysSo) {
  SuiteResult result = sample_result();
  result.cases[0].peers = {{"true", 1, {16, 16, 16, 16, 16}, {}}};
  const std::string svg = chart_svg(result);
  EXPECT_THAT(svg, HasSubstr(R"(width="430")"));
  EXPECT_THAT(texts(svg, "text"), HasSubstr("→ 16.00x\n"));
}

TEST(ResultsChart, BarOfASmallRatioCanStillBeSeen) {
  SuiteResult result = sample_result();
  result.cases[0].peers = {{"cp -a", 1, {.0005, .0005, .0005, .0005, .0005}, {}}};
  EXPECT_THAT(chart_svg(result), HasSubstr(R"(width="1")"));
}

TEST(ResultsChart, HasColoursForLightAndDarkAndNeedsNothingFromElsewhere) {
  const std::string svg = chart_svg(sample_result());
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  EXPECT_THAT(svg, Not(HasSubstr("url(")));
}

TEST(ResultsChart, AxisEndsWhereTheLargestFitsButNotTooFar) {
  EXPECT_DOUBLE_EQ(axis_end(0), 1);
  EXPECT_DOUBLE_EQ(axis_end(1), 1);
  EXPECT_DOUBLE_EQ(axis_end(1.3), 1.5);
  EXPECT_DOUBLE_EQ(axis_end(100), 2.5);
}

TEST(ResultsChart, TextIsEscaped) {
  EXPECT_EQ(xml_escape(R"(a<b>&"c")"), "a&lt;b&gt;&amp;&quot;c&quot;");
}

}  // namespace
}  // namespace slipway::bench
