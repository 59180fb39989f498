#include "tests/bench/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace slipway::bench {
namespace {

using ::testing::ElementsAre;

const std::vector<Contender> kThree{
    {"a", {"/bin/true"}, {}}, {"b", {"/bin/true"}, {}}, {"c", {"/bin/true"}, {}}};

TEST(Rounds, EverybodyRunsInEachAndAnotherOneIsTheFirst) {
  std::vector<std::string> order;
  Around around;
  around.before = [&](const Contender& contender) { order.push_back(contender.name); };
  const auto costs = run_rounds(kThree, 1, 2, around);
  EXPECT_THAT(order, ElementsAre("a", "b", "c", "b", "c", "a", "c", "a", "b"));
  ASSERT_EQ(costs.size(), 3U);
  for (const auto& each : costs) EXPECT_EQ(each.size(), 2U) << "the first round does not count";
}

TEST(Rounds, WhatIsDoneAroundARunIsNotMeasured) {
  Around around;
  const auto wait = [](const Contender&) { timed_run({"/bin/sleep", "0.3"}); };
  around.before = wait;
  around.after = wait;
  const auto costs = run_rounds({kThree.front()}, 0, 1, around);
  EXPECT_LT(costs[0][0].wall_ms, 300);
}

TEST(Rounds, ContenderThatFailsEndsThem) {
  EXPECT_THROW(run_rounds({{"false", {"/bin/false"}, {}}}, 0, 1), std::runtime_error);
}

}  // namespace
}  // namespace slipway::bench
