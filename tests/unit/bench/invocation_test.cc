#include "tests/bench/invocation.h"

#include <getopt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace slipway::bench {
namespace {

using ::testing::MatchesRegex;

std::optional<Invocation> parse(std::vector<std::string> words,
                                std::vector<BenchOption> options = {}) {
  words.insert(words.begin(), "some_bench");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  optind = 0;  // getopt_long(3) starts anew
  return parse_invocation(static_cast<int>(words.size()), argv.data(), "some", 7, "another",
                          std::move(options));
}

TEST(Invocation, HasItsRoundsAndTheDayFromTheClock) {
  const auto made = parse({"/build"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->build, "/build");
  EXPECT_EQ(made->rounds, 7U);
  EXPECT_EQ(made->command, "./dev bench some 7");
  EXPECT_THAT(made->date, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}"));
  EXPECT_EQ(made->results, "");
}

TEST(Invocation, TakesRoundsCaseAndOther) {
  const auto made = parse({"/build", "20", "1 RO", "/other"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->rounds, 20U);
  EXPECT_EQ(made->wanted, "1 RO");
  EXPECT_EQ(made->before, "/other");
  EXPECT_EQ(made->command, "./dev bench some 20 '1 RO' OTHER") << "no path of this machine";
}

TEST(Invocation, TakesOptionsBehindTheBuildTreeAlsoWherePosixSaysOtherwise) {
  ::setenv("POSIXLY_CORRECT", "1", 1);  // NOLINT(concurrency-mt-unsafe)
  const auto made = parse({"/build", "--date=2026-11-26", "3", "--results=/results"});
  ::unsetenv("POSIXLY_CORRECT");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(made);
  EXPECT_EQ(made->results, "/results");
  EXPECT_EQ(made->rounds, 3U);
}

TEST(Invocation, TakesOptionsBehindTheBuildTreeToo) {
  const auto made = parse({"--results=/results", "/build", "--date=2026-11-26", "3"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->results, "/results");
  EXPECT_EQ(made->date, "2026-11-26");
  EXPECT_EQ(made->rounds, 3U);
  EXPECT_EQ(made->command, "./dev bench some 3") << "these do not change what is measured";
}

TEST(Invocation, TellsTheOptionsThatChangeTheResults) {
  double scale = 1;
  const auto take_scale = [&](const std::string& value) {
    scale = std::strtod(value.c_str(), nullptr);
    return scale > 0;
  };
  const std::vector<BenchOption> options{
      {"scale", "PART", "", BenchOption::Affects::kResults, take_scale},
      {"keep", "DIR", "", BenchOption::Affects::kNothing, [](const std::string&) { return true; }}};
  const auto made = parse({"--scale=0.5", "--keep=/x", "/build"}, options);
  ASSERT_TRUE(made);
  EXPECT_DOUBLE_EQ(scale, 0.5);
  EXPECT_EQ(made->command, "./dev bench some --scale=0.5 7");
  EXPECT_FALSE(parse({"--scale=0", "/build"}, options));
}

TEST(Invocation, MakesNoSenseWithoutABuildTreeOrRounds) {
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse({"/build", "0"}));
  EXPECT_FALSE(parse({"/build", "many"}));
  EXPECT_FALSE(parse({"--unknown", "/build"}));
}

}  // namespace
}  // namespace slipway::bench
