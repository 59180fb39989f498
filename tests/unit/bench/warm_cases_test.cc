#include "tests/bench/warm_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/bench/timed_run.h"
#include "tests/support/temp_dir.h"

namespace slipway::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MaterializeWords, AskForOverlaysWhereTheHelpKnowsThem) {
  EXPECT_THAT(materialize_words("  -u, --user USER  who\n"
                                "      --materialize WAY     auto (default),\n"
                                "                            copy, reflink or overlay\n"
                                "      --parallel N          at a time\n"),
              ElementsAre("--materialize", "overlay"));
}

TEST(MaterializeWords, AreNoneWithoutTheOptionOrWithoutOverlays) {
  EXPECT_THAT(materialize_words("      --no-cache            nothing is kept\n"), IsEmpty());
  EXPECT_THAT(materialize_words("      --materialize WAY     auto, copy, reflink\n"
                                "  -q, --quiet               no word of an overlay\n"),
              IsEmpty());
}

TEST(MaterializeWords, AreNotTakenFromWhatStandsBehindTheOptions) {
  EXPECT_THAT(materialize_words("      --materialize WAY     auto, copy, reflink\n"
                                "\n"
                                "An overlay is something else.\n"),
              IsEmpty());
}

TEST(WarmLaunch, UsesTheCacheWithoutAskingTheServer) {
  const Slipway slipway{"slipway", "/s", {"--materialize", "overlay"}, "/cache"};
  EXPECT_THAT(warm_launch(slipway, "/settings", "/entry", "/sandbox"),
              ElementsAre("/s", "run", "/entry", "-q", "--settings", "/settings", "--cache-dir",
                          "/cache", "--cache-policy", "immutable", "--sandbox", "/sandbox",
                          "--materialize", "overlay"));
}

TEST(AtOnce, EveryProcessHasItsNumberAndAllAreWaitedFor) {
  const tests::TempDir dir;
  timed_run(at_once(3, R"(sleep 0.1; touch "$2/$i")", {dir.path()}));
  for (const char* number : {"1", "2", "3"}) EXPECT_TRUE(tests::exists(dir / number));
  EXPECT_FALSE(tests::exists(dir / "4"));
}

TEST(AtOnce, FailsWhereOneFails) {
  EXPECT_THROW(timed_run(at_once(3, R"([ "$i" != 2 ])", {})), std::runtime_error);
}

TEST(ParseList, TakesNumbersAndSizes) {
  EXPECT_THAT(parse_list("1000,1MiB"), ElementsAre(1000, 1 << 20));
  EXPECT_THAT(parse_list("7"), ElementsAre(7));
}

TEST(ParseList, IsEmptyWhereOneMakesNoSense) {
  for (const char* text : {"", "1,", ",1", "1,x", "0", "1,-2"}) {
    EXPECT_THAT(parse_list(text), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace slipway::bench
