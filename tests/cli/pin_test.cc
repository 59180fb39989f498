// Checksums of URIs, through the built programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Pins : public Fetch {
 protected:
  static std::string sha512_of(std::string_view text) {
    fetcher::Sha512 digest;
    digest.update(std::as_bytes(std::span(text)));
    return digest.finish_hex();
  }
};

TEST_F(Pins, TheRightContentIsTakenWhereverTheChecksumStands) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string right = fetcher::sha256_hex("data");
  for (const std::string& each :
       {uri(cat(nginx.http("/x"), "#sha256=", right)),
        uri(cat(nginx.http("/x"), "#sha512=", sha512_of("data"))),
        uri(nginx.http("/x"), cat(R"("checksum":"sha256=)", right, '"')),
        uri(nginx.http("/x"), cat(R"("checksum":"sha512:)", sha512_of("data"), '"')),
        uri(cat(nginx.docroot(), "/x#sha256=", right))}) {
    const auto result = run_anew(shell_entry("cat x", each));
    EXPECT_EQ(result.out, "data") << each << '\n' << result.err;
    EXPECT_THAT(placed_now(), ElementsAre("x")) << "the fragment is no part of the name";
  }
}

TEST_F(Pins, AnythingElseIsRefusedAndNowhereLeft) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string wrong = fetcher::sha256_hex("other");
  for (const char* cache : {R"("cache":true)", R"("cache":false)"}) {
    for (const std::string& each :
         {uri(cat(nginx.http("/x"), "#sha256=", wrong), cache),
          uri(cat(nginx.http("/x"), "#sha512=", sha512_of("other")), cache),
          uri(cat(nginx.docroot(), "/x#sha256=", wrong), cache)}) {
      const auto result = run_anew(shell_entry("cat x", each));
      EXPECT_EQ(result.exit_code, 125) << each;
      EXPECT_THAT(result.err,
                  AllOf(HasSubstr("where its checksum says"), HasSubstr("[E-FETCH-CHECKSUM]")));
      EXPECT_THAT(placed_now(), IsEmpty());
    }
  }
  EXPECT_EQ(cached_entries(), 0U);
  EXPECT_EQ(nginx.requests().size(), 4U) << "another try brings the same";
}

TEST_F(Pins, AnArchiveIsStillOneAndNothingOfAWrongOneIsPlaced) {
  Nginx nginx;
  const std::string content = read_file(make_archive("a.tar.gz"));
  nginx.write("a.tar.gz", content);
  const std::string base = nginx.http("/a.tar.gz");
  const auto right = run_anew(
      shell_entry("cat sub/file", uri(cat(base, "#sha256=", fetcher::sha256_hex(content)))));
  EXPECT_EQ(right.out, "content") << right.err;
  const auto wrong = run_anew(
      shell_entry("cat sub/file", uri(cat(base, "#sha256=", fetcher::sha256_hex("other")))));
  EXPECT_EQ(wrong.exit_code, 125);
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_F(Pins, ACachedCopyNeedsNoQuestion) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string text = shell_entry(
      "cat x",
      uri(cat(nginx.http("/x"), "#sha256=", fetcher::sha256_hex("data")), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).out, "data");
  nginx.write("x", "new data");
  EXPECT_EQ(run_anew(text).out, "data");
  EXPECT_EQ(nginx.requests().size(), 1U);
}

// The cache knows no SHA-512: what it has is hashed by it again, whatever the entry there says.
TEST_F(Pins, AForgedEntryOfTheCacheDoesNotPassForASha512) {
  const std::string source = dir_.write("source", "data", 0644);
  const std::string text =
      shell_entry("cat source", uri(cat(source, "#sha512=", sha512_of("data")), R"("cache":true)"));
  ASSERT_EQ(run_anew(text).out, "data");
  const std::string cached = cache(As::kRoot) + "/v1";
  const std::string other = fetcher::sha256_hex("evil");
  for (const auto& entry : std::filesystem::directory_iterator(cached + "/uris")) {
    auto forged = nlohmann::json::parse(read_file(entry.path()));
    forged["sha256"] = other;
    forged["identity"] = "";
    std::ofstream(entry.path()) << forged;
  }
  std::ofstream(cat(cached, "/objects/", other)) << "evil";
  const auto result = run_anew(text);
  EXPECT_EQ(result.out, "data");
  EXPECT_THAT(result.err, HasSubstr("was damaged"));
}

TEST_F(Pins, ContradictionsAndNonsenseAreProblemsOfTheEntry) {
  const std::string a = fetcher::sha256_hex("a");
  const std::string b = fetcher::sha256_hex("b");
  const auto two = run_anew(shell_entry(
      "x", uri(cat("http://127.0.0.1:9/x#sha256=", a), cat(R"("checksum":"sha256=)", b, '"'))));
  EXPECT_EQ(two.exit_code, 125);
  EXPECT_THAT(two.err, HasSubstr("another checksum"));
  const auto none =
      run_anew(shell_entry("x", uri("http://127.0.0.1:9/x", R"("checksum":"md5=00")")));
  EXPECT_THAT(none.err, HasSubstr("sha256=<hex>"));
}

}  // namespace
}  // namespace slipway::tests
