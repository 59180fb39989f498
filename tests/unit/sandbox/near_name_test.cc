#include "sandbox/near_name.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway {
namespace {

constexpr std::string_view kKnown[] = {"max_bytes", "max_entries", "max_time", "user"};

TEST(NearName, TwoLettersThatChangedPlacesAreOneChange) {
  constexpr std::string_view kCommands[] = {"run", "plan"};
  EXPECT_EQ(near_name("rnu", kCommands), "run");
  EXPECT_EQ(near_name("lpna", kCommands), std::nullopt);
}

TEST(NearName, TheNearestIsProposed) {
  EXPECT_EQ(near_name("max_byts", kKnown), "max_bytes");
  EXPECT_EQ(near_name("max-bytes", kKnown), "max_bytes");
  EXPECT_EQ(near_name("maxbyte", kKnown), "max_bytes");
  EXPECT_EQ(near_name("max_tmie", kKnown), "max_time");
  EXPECT_EQ(near_name("max_entry", kKnown), std::nullopt) << "three letters";
  EXPECT_EQ(near_name("usr", kKnown), "user");
}

TEST(NearName, NothingNearIsNothing) {
  EXPECT_EQ(near_name("", kKnown), std::nullopt);
  EXPECT_EQ(near_name("abcd", kKnown), std::nullopt);
  EXPECT_EQ(near_name("us", kKnown), std::nullopt) << "half of the word";
  EXPECT_EQ(near_name(std::string(1'000'000, 'x'), kKnown), std::nullopt);
  EXPECT_EQ(near_name("x", {}), std::nullopt);
}

}  // namespace
}  // namespace slipway
