#include "sandbox/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace slipway {
namespace {

using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

std::uint64_t size_of(std::string_view text) {
  const auto size = parse_size(text);
  EXPECT_THAT(size, IsOk()) << text;
  return size ? *size : 0;
}

TEST(Duration, SecondsUnlessAUnitIsSaid) {
  EXPECT_EQ(parse_duration("2")->count(), 2000);
  EXPECT_EQ(parse_duration("2s")->count(), 2000);
  EXPECT_EQ(parse_duration("500ms")->count(), 500);
  EXPECT_EQ(parse_duration("1m")->count(), 60'000);
  for (const char* text :
       {"", "s", "-1", "1d", "1.5s", "99999999999999999999", "9999999999999999h", " 1"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const char* text : {"0s", "5s", "3600s", "500ms", "1500ms"}) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration_text(*duration), text);
  }
}

TEST(Duration, ReachesNoFurtherThanAClock) {
  const auto most = parse_duration("4611686018s");
  ASSERT_TRUE(most);
  EXPECT_GT(std::chrono::steady_clock::now() + *most, std::chrono::steady_clock::now());
  EXPECT_FALSE(parse_duration("9223372036854775s"));
}

TEST(Size, UnitsOfThousandsAndUnitsOf1024) {
  EXPECT_EQ(size_of("0"), 0U);
  EXPECT_EQ(size_of("5000000"), 5'000'000U);
  EXPECT_EQ(size_of("5K"), 5'000U);
  EXPECT_EQ(size_of("5M"), 5'000'000U);
  EXPECT_EQ(size_of("5G"), 5'000'000'000U);
  EXPECT_EQ(size_of("5T"), 5'000'000'000'000U);
  EXPECT_EQ(size_of("1KiB"), 1024U);
  EXPECT_EQ(size_of("3MiB"), 3U << 20);
  EXPECT_EQ(size_of("10GiB"), std::uint64_t{10} << 30);
  EXPECT_EQ(size_of("2TiB"), std::uint64_t{2} << 40);
}

TEST(Size, AnythingElseIsAnError) {
  for (const char* text :
       {"",   " ",   "M",   "64 MiB", " 5M", "5M ",  "-5M",  "+5",  "1.5G",  "5m",
        "5k", "5kB", "5MB", "5B",     "5Mi", "5gib", "0x10", "1e6", "1_000", "5M5"}) {
    EXPECT_THAT(parse_size(text), FailsWith(HasSubstr("is not a size like 5000000, 5M or 10GiB")))
        << text;
  }
}

TEST(Size, MoreThanAFileCanHaveIsAnErrorAndNeverWrapsAround) {
  EXPECT_EQ(size_of("9223372036854775807"), std::uint64_t{INT64_MAX});
  for (const char* text :
       {"9223372036854775808", "18446744073709551615", "18446744073709551616", "8388608TiB",
        "16777216TiB", "18014398509481985KiB", "99999999999999999999999999999M"}) {
    EXPECT_THAT(parse_size(text), FailsWith(HasSubstr("is more bytes than a file can have")))
        << text;
  }
}

TEST(Size, IsShownAsItCanBeRead) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(7), "7");
  EXPECT_EQ(size_text(4096), "4KiB");
  EXPECT_EQ(size_text(5'000'000), "5M");
  EXPECT_EQ(size_text(std::uint64_t{100} << 30), "100GiB");
  EXPECT_EQ(size_text((std::uint64_t{1} << 20) + 1), "1048577");
  for (const std::uint64_t size :
       {1UL, 999UL, 1000UL, 1024UL, 1'024'000UL, 1UL << 50, 3'000'000'000'000UL}) {
    EXPECT_EQ(size_of(size_text(size)), size);
  }
}

}  // namespace
}  // namespace slipway
