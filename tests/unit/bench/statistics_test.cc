#include "tests/bench/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::bench {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

Cost wall(double milliseconds) {
  Cost cost;
  cost.wall_ms = milliseconds;
  return cost;
}

TEST(Statistics, MedianIsTheMiddleOfAnOddNumber) {
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median({4}), 4);
}

TEST(Statistics, MedianOfAnEvenNumberIsBetweenTheTwoInTheMiddle) {
  EXPECT_DOUBLE_EQ(median({1, 100, 3, 5}), 4);
}

TEST(Statistics, SpreadNamesTheEndsAndTheMiddleHalf) {
  const Spread found = spread({5, 1, 3, 2, 4});
  EXPECT_DOUBLE_EQ(found.lowest, 1);
  EXPECT_DOUBLE_EQ(found.lower_quartile, 2);
  EXPECT_DOUBLE_EQ(found.median, 3);
  EXPECT_DOUBLE_EQ(found.upper_quartile, 4);
  EXPECT_DOUBLE_EQ(found.highest, 5);
}

TEST(Statistics, SpreadOfOneValueIsThatValue) {
  const Spread found = spread({7});
  EXPECT_DOUBLE_EQ(found.lower_quartile, 7);
  EXPECT_DOUBLE_EQ(found.upper_quartile, 7);
}

TEST(Statistics, RatiosAreTakenWithinTheRounds) {
  // A disturbance of the second round hit both; the ratio of the medians would be 2/3.
  const std::vector<Cost> ours{wall(1), wall(20), wall(2)};
  const std::vector<Cost> theirs{wall(2), wall(40), wall(3)};
  EXPECT_THAT(ratios(ours, theirs), ElementsAre(DoubleEq(0.5), DoubleEq(0.5), DoubleEq(2.0 / 3)));
  EXPECT_DOUBLE_EQ(median_ratio(ours, theirs), 0.5);
}

TEST(Statistics, SummaryComparesTheFirstContenderWithEveryOther) {
  const std::vector<Contender> contenders{
      {"slipway", {}, std::nullopt}, {"tar", {}, 0.5}, {"true", {}, std::nullopt}};
  std::vector<std::vector<Cost>> costs{{wall(1), wall(3)}, {wall(4), wall(4)}, {wall(1), wall(1)}};
  costs[0][0].peak_mib = 12;
  costs[0][1].peak_mib = 8;
  const CaseResult result = summary("a case", contenders, costs, 32);
  EXPECT_EQ(result.title, "a case");
  EXPECT_EQ(result.rounds, 2U);
  EXPECT_DOUBLE_EQ(result.wall_ms, 2);
  EXPECT_DOUBLE_EQ(result.peak_mib, 12) << "memory is limited in every round";
  EXPECT_EQ(result.most_mib, 32);
  ASSERT_EQ(result.peers.size(), 2U);
  EXPECT_EQ(result.peers[0].name, "tar");
  EXPECT_EQ(result.peers[0].goal, 0.5);
  EXPECT_DOUBLE_EQ(result.peers[0].wall_ms, 4);
  EXPECT_DOUBLE_EQ(result.peers[0].ratio.lowest, 0.25);
  EXPECT_DOUBLE_EQ(result.peers[0].ratio.highest, 0.75);
  EXPECT_DOUBLE_EQ(result.peers[1].ratio.median, 2);
}

TEST(Statistics, VerdictSaysWhetherTheGoalIsMet) {
  EXPECT_EQ(verdict(0.5, 0.6), " (goal 0.6 met)");
  EXPECT_EQ(verdict(0.6, 0.6), " (goal 0.6 met)");
  EXPECT_EQ(verdict(0.61, 0.6), " (goal 0.6 MISSED)");
  EXPECT_EQ(verdict(3, std::nullopt), "");
}

}  // namespace
}  // namespace slipway::bench
