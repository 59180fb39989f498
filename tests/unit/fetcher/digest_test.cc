#include "fetcher/base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::fetcher {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// The examples of FIPS 180-4.
TEST(DigestTest, Sha256OfKnownTexts) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, Sha512OfKnownText) {
  Sha512 digest;
  digest.update(bytes_of("abc"));
  EXPECT_EQ(digest.finish_hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(DigestTest, PiecesMakeTheSameDigestAsTheWhole) {
  const std::string text(100'000, 'x');
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 4096U}) {
    Sha256 digest;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      digest.update(bytes_of(std::string_view(text).substr(at, piece)));
    }
    EXPECT_EQ(digest.finish_hex(), sha256_hex(text)) << "pieces of " << piece;
  }
}

TEST(DigestTest, StartsAnewAfterFinish) {
  Sha256 digest;
  digest.update(bytes_of("something else"));
  (void)digest.finish_hex();
  digest.update(bytes_of("abc"));
  EXPECT_EQ(digest.finish_hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace slipway::fetcher
