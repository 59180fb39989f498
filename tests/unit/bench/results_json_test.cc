#include "tests/bench/results_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/bench/sample_result.h"

namespace slipway::bench {
namespace {

using ::testing::HasSubstr;

TEST(ResultsJson, SuiteComesBackAsItWas) {
  const std::string text = to_json(sample_result());
  const auto back = suite_from_json(text);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(to_json(*back), text);
  EXPECT_DOUBLE_EQ(back->busy_before, 0.03125);
  EXPECT_EQ(back->machine.cpu, "a <quick> CPU");
  ASSERT_EQ(back->cases.size(), 1U);
  EXPECT_EQ(back->cases[0].most_mib, 32);
  ASSERT_EQ(back->cases[0].peers.size(), 2U);
  EXPECT_DOUBLE_EQ(back->cases[0].peers[0].ratio.upper_quartile, 0.625);
  EXPECT_EQ(back->cases[0].peers[0].goal, 0.6);
}

TEST(ResultsJson, CaseIsOneLineAndComesBackWithoutGoalsThatItDoesNotHave) {
  CaseResult each = sample_result().cases[0];
  each.most_mib.reset();
  each.peers[0].goal.reset();
  const std::string text = to_json(each);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto back = case_from_json(text);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->most_mib, std::nullopt);
  EXPECT_EQ(back->peers[0].goal, std::nullopt);
}

TEST(ResultsJson, MissingMemberIsNamed) {
  const auto result = case_from_json(R"({"title":"a","rounds":1})");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("wall_ms"));
}

TEST(ResultsJson, MemberOfAnotherKindWithinAPeerIsNamed) {
  std::string text = to_json(sample_result().cases[0]);
  const std::string name = R"("name":"bwrap")";
  text.replace(text.find(name), name.size(), R"("name":3)");
  const auto result = case_from_json(text);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("name"));
}

TEST(ResultsJson, OtherFormatIsRefused) {
  std::string text = to_json(sample_result());
  const std::string format = R"("format": 1)";
  text.replace(text.find(format), format.size(), R"("format": 2)");
  EXPECT_FALSE(suite_from_json(text));
}

TEST(ResultsJson, WhatIsNoJsonIsRefused) {
  EXPECT_FALSE(suite_from_json("results"));
  EXPECT_FALSE(case_from_json(""));
}

}  // namespace
}  // namespace slipway::bench
