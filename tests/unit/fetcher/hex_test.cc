#include "fetcher/base/hex.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace slipway::fetcher {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

// The examples of RFC 4648, section 10, which writes in upper case.
TEST(HexTest, IsThatOfTheRfcInLowerCase) {
  EXPECT_EQ(hex_of(as_bytes("foobar")), "666f6f626172");
  EXPECT_EQ(hex_of({}), "");
  EXPECT_EQ(*bytes_of_hex("666F6F626172"), "foobar");
}

TEST(HexTest, EveryByteComesBack) {
  const std::string bytes = all_bytes();
  EXPECT_EQ(*bytes_of_hex(hex_of(as_bytes(bytes))), bytes);
}

TEST(HexTest, RefusesWhatIsNoPairOfDigits) {
  for (const char* text : {"6", "666", "6g", "g6", " 6", "6 ", "-6", "+6", "0x66"}) {
    EXPECT_FALSE(bytes_of_hex(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace slipway::fetcher
