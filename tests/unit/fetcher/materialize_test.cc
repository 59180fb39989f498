// How what the cache has gets into a sandbox: the words, and which of them counts.
#include "fetcher/plan/materialize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FailsWith;

TEST(Ways, AListIsReadInItsOrder) {
  ASSERT_OK_AND_ASSIGN(const Ways ways, parse_ways("overlay,reflink,copy"));
  EXPECT_THAT(ways, ElementsAre(Way::kOverlay, Way::kReflink, Way::kCopy));
  EXPECT_EQ(text_of(ways), "overlay,reflink,copy");
}

TEST(Ways, WhatWouldNeverCountIsAnError) {
  EXPECT_THAT(parse_ways("auto,copy"), FailsWith(HasSubstr("would never count")));
  EXPECT_THAT(parse_ways("copy,overlay"), FailsWith(HasSubstr("overlay can only come first")));
  EXPECT_THAT(parse_ways("overlay,overlay"), FailsWith(HasSubstr("twice")));
  EXPECT_THAT(parse_ways("bind"), FailsWith(HasSubstr("not one of auto, copy")));
  EXPECT_THAT(parse_ways(""), FailsWith(HasSubstr("not one of")));
  EXPECT_THAT(parse_ways("overlay,"), FailsWith(HasSubstr("not one of")));
}

TEST(ChooseWay, WithoutAnObstacleTheFirstOneCounts) {
  const auto chosen = choose_way({Way::kOverlay, Way::kCopy}, "");
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(*chosen, (Materialization{true, Sharing::kNever, {}}));
}

TEST(ChooseWay, WhereThereIsNoOverlayTheNextOneCountsAndTheReasonIsKept) {
  const auto chosen = choose_way({Way::kOverlay, Way::kReflink}, "no namespaces");
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(*chosen, (Materialization{false, Sharing::kRequired, "no namespaces"}));
}

TEST(ChooseWay, AloneOverlayIsRequired) {
  EXPECT_THAT(choose_way({Way::kOverlay}, "no namespaces"), FailsWith(HasSubstr("no namespaces")));
  // What is no directory comes as by auto.
  EXPECT_EQ(choose_way({Way::kOverlay}, "")->sharing, Sharing::kWherePossible);
}

TEST(ChooseWay, AnObstacleToOverlaysIsNoMatterToOthers) {
  EXPECT_EQ(*choose_way({Way::kReflink}, "none"), (Materialization{false, Sharing::kRequired, {}}));
  EXPECT_EQ(*choose_way({Way::kReflink, Way::kCopy}, "none"),
            (Materialization{false, Sharing::kWherePossible, {}}));
  EXPECT_EQ(*choose_way({Way::kAuto}, "none"), Materialization{});
}

TEST(Sharing, NamesAreReadBack) {
  for (const Sharing each : {Sharing::kWherePossible, Sharing::kRequired, Sharing::kNever}) {
    EXPECT_EQ(sharing_of_name(name_of(each)), each);
  }
  EXPECT_EQ(sharing_of_name("sometimes"), std::nullopt);
}

}  // namespace
}  // namespace slipway::fetcher
