#include "tests/bench/results_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/unit/bench/sample_result.h"

namespace slipway::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ResultsTable, SmallRatiosKeepTwoDigits) {
  EXPECT_EQ(ratio_text(16.424), "16.42");
  EXPECT_EQ(ratio_text(0.449), "0.45");
  EXPECT_EQ(ratio_text(0.0523), "0.052");
  EXPECT_EQ(ratio_text(0.000512), "0.00051");
  EXPECT_EQ(ratio_text(0), "0");
}

TEST(ResultsTable, TimesHaveTheUnitThatFits) {
  EXPECT_EQ(time_text(1.234), "1.23 ms");
  EXPECT_EQ(time_text(234.4), "234 ms");
  EXPECT_EQ(time_text(7890), "7.89 s");
}

TEST(ResultsTable, EveryPeerHasARowWithRatioSpreadAndVerdict) {
  const std::string text = markdown_section(sample_result(), "");
  EXPECT_THAT(text, HasSubstr("| 2.50 ms | 0.50 (0.38–0.62) | ≤ 0.6 met |\n"));
  EXPECT_THAT(text, HasSubstr("| 1.00 ms | 1.25 (1.12–1.50) | ≤ 1.1 **missed** |\n"));
}

TEST(ResultsTable, BarInANameDoesNotEndTheCell) {
  EXPECT_THAT(markdown_section(sample_result(), ""), HasSubstr("| a \\| b |"));
}

TEST(ResultsTable, MemoryOverItsLimitIsSaid) {
  EXPECT_THAT(markdown_section(sample_result(), ""),
              HasSubstr("| 1 RO bind; peak 33.5 MiB (≤ 32 **missed**) | 1.25 ms |"));
}

TEST(ResultsTable, RoundsAreSaidWhereACaseHasOthersThanTheSuite) {
  SuiteResult result = sample_result();
  EXPECT_THAT(markdown_section(result, ""), Not(HasSubstr("(7 rounds)")));
  result.cases[0].rounds = 1;
  EXPECT_THAT(markdown_section(result, ""), HasSubstr("1 RO bind (1 round);"));
  result.cases[0].rounds = 7;
  result.rounds = 5;
  EXPECT_THAT(markdown_section(result, ""), HasSubstr("1 RO bind (7 rounds)"));
}

TEST(ResultsTable, SectionSaysTheCommandTheDayTheMachineAndTheVersions) {
  const std::string text = markdown_section(sample_result(), "x.svg");
  EXPECT_THAT(text, HasSubstr("`./dev bench launch 7`, 7 rounds, 2026-11-26; "));
  EXPECT_THAT(text, HasSubstr("2 cores of a <quick> CPU, 4 GiB of memory, Debian, Linux 6.1"));
  EXPECT_THAT(text, HasSubstr("slipway 0.1.0, bwrap 0.8.0"));
  EXPECT_THAT(text, HasSubstr("](x.svg)"));
}

TEST(ResultsTable, WhatOthersDidOnTheMachineIsSaid) {
  SuiteResult result = sample_result();
  EXPECT_THAT(markdown_section(result, ""), HasSubstr("others used 3 % of the CPUs just before\n"));
  result.busy_before = 0.75;
  EXPECT_THAT(markdown_section(result, ""),
              HasSubstr("75 % of the CPUs just before: **the machine"));
}

TEST(ResultsTable, RowsHaveAsManyCellsAsTheHead) {
  std::istringstream lines(markdown_section(sample_result(), ""));
  std::ptrdiff_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) continue;
    const auto escaped = line.find("\\|") != std::string::npos ? 1 : 0;
    EXPECT_EQ(std::count(line.begin(), line.end(), '|') - escaped, 7) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 4);
}

TEST(ResultsTable, PageHasEverySuiteWithItsChartAndSaysHowItWasMeasured) {
  std::vector<SuiteResult> results{sample_result(), sample_result()};
  results[1].suite = "warm";
  const std::string page = markdown_page(results, "charts");
  EXPECT_THAT(page, HasSubstr("median of these pairwise ratios"));
  EXPECT_THAT(page, HasSubstr("interleaved rounds"));
  EXPECT_THAT(page, HasSubstr("## Launching\n"));
  EXPECT_THAT(page, HasSubstr("(charts/launch.svg)"));
  EXPECT_THAT(page, HasSubstr("## Warm starts\n"));
  EXPECT_THAT(page, HasSubstr("(charts/warm.svg)"));
}

}  // namespace
}  // namespace slipway::bench
