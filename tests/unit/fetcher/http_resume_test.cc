#include "fetcher/transfer/http_resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetcher/transfer/http_excerpt.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ContentRangeHeader, IsReadExactly) {
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{0, 0, 1}));
  EXPECT_EQ(parse_content_range("Bytes 5-9/10"), (ContentRange{5, 9, 10}));
  EXPECT_EQ(parse_content_range("bytes 5-9/*"), (ContentRange{5, 9, std::nullopt}));
  for (const char* text : {"", "bytes", "bytes 5-9", "bytes 5-9/", "bytes 9-5/10", "bytes 5-10/10",
                           "bytes */10", "bytes 5-9/10 ", "bytes -5-9/10", "items 5-9/10",
                           "bytes 5-9/10,11", "bytes 5--9/10", "bytes 5-99999999999999999999/*"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(Resume, IsAskedForWithAStrongValidatorOnly) {
  EXPECT_THAT(resume_headers({{"\"v1\"", ""}, {}}, 5),
              ElementsAre("Range: bytes=5-", "If-Range: \"v1\""));
  EXPECT_THAT(resume_headers({{"", "a date"}, {}}, 5),
              ElementsAre("Range: bytes=5-", "If-Range: a date"));
  EXPECT_THAT(resume_headers({{"W/\"v1\"", "a date"}, {}}, 5), IsEmpty());
  EXPECT_THAT(resume_headers({{"W/\"v1\"", ""}, {}}, 5), IsEmpty());
  EXPECT_THAT(resume_headers({{"v1", ""}, {}}, 5), IsEmpty()) << "no ETag without quotes";
  EXPECT_THAT(resume_headers({{"\"v1\"", ""}, {}}, 0), IsEmpty());
}

TEST(Resume, IsPossibleExactlyWhereItIsAskedFor) {
  for (const char* etag : {"", "\"v1\"", "W/\"v1\"", "v1", "\""}) {
    for (const char* date : {"", "a date"}) {
      const BodyIdentity identity{{etag, date}, {}};
      EXPECT_NE(can_be_resumed(identity), resume_headers(identity, 5).empty()) << etag << date;
    }
  }
}

const BodyIdentity kOurs{{"\"v1\"", ""}, 10};

TEST(Resume, GoesOnWithTheRestOfTheSameVersionOnly) {
  EXPECT_TRUE(continues({"bytes 5-9/10", "", {"\"v1\"", ""}}, kOurs, 5));
  EXPECT_TRUE(continues({"bytes 5-9/*", "text/plain", {"\"v1\"", "x"}}, kOurs, 5));
  EXPECT_FALSE(continues({"bytes 5-9/10", "", {"\"v2\"", ""}}, kOurs, 5)) << "another version";
  EXPECT_FALSE(continues({"bytes 5-9/10", "", {"W/\"v1\"", ""}}, kOurs, 5)) << "perhaps the same";
  EXPECT_FALSE(continues({"bytes 5-9/10", "", {}}, kOurs, 5)) << "it does not say";
  EXPECT_FALSE(continues({"bytes 4-9/10", "", {"\"v1\"", ""}}, kOurs, 5)) << "another start";
  EXPECT_FALSE(continues({"bytes 5-10/11", "", {"\"v1\"", ""}}, kOurs, 5)) << "another total";
  EXPECT_FALSE(continues({"", "", {"\"v1\"", ""}}, kOurs, 5));
  EXPECT_FALSE(
      continues({"bytes 5-9/10", "Multipart/byteranges; boundary=x", {"\"v1\"", ""}}, kOurs, 5));
  const BodyIdentity dated{{"", "Sun, 06 Nov 1994 08:49:37 GMT"}, 10};
  EXPECT_TRUE(continues({"bytes 5-9/10", "", {"", dated.validators.last_modified}}, dated, 5));
  EXPECT_FALSE(continues({"bytes 5-9/10", "", {"", "Sun, 06 Nov 1994 08:49:38 GMT"}}, dated, 5));
  EXPECT_FALSE(continues({"bytes 5-9/10", "", {}}, dated, 5));
}

TEST(Resume, ADateIsStrongWhenItIsNotOfJustNow) {
  EXPECT_TRUE(is_strong_date(1000, 1060));
  EXPECT_FALSE(is_strong_date(1000, 1059));
  EXPECT_FALSE(is_strong_date(1000, -1)) << "no Date";
  EXPECT_FALSE(is_strong_date(-1, 1000)) << "no Last-Modified";
  EXPECT_FALSE(is_strong_date(1100, 1000));
}

TEST(Excerpt, IsOneShortLine) {
  EXPECT_EQ(make_excerpt("\n <Error>\r\n\tAccess  Denied</Error>\n", {}),
            "<Error> Access Denied</Error>");
  EXPECT_EQ(make_excerpt("a\x1b[31mb", {}).find('\x1b'), std::string::npos);
  const std::string cut = make_excerpt(std::string(199, 'a') + "\xc3\xa4\xc3\xa4\xc3\xa4", {});
  EXPECT_EQ(cut, std::string(199, 'a') + "…");
  EXPECT_EQ(make_excerpt("", {}), "");
}

TEST(Excerpt, SaysNothingWhereItWouldRepeatASecret) {
  EXPECT_EQ(make_excerpt("no key SECRET known", {"SECRET"}), "");
  EXPECT_EQ(make_excerpt("no such key", {"SECRET", ""}), "no such key");
  EXPECT_EQ(make_excerpt("no MY\r\n  SECRET here", {"MY SECRET"}), "");
}

TEST(Excerpt, IsOfTextThatPeopleRead) {
  EXPECT_TRUE(is_worth_reading("text/plain"));
  EXPECT_TRUE(is_worth_reading("Application/XML; charset=utf-8"));
  EXPECT_FALSE(is_worth_reading("text/html"));
  EXPECT_FALSE(is_worth_reading("application/gzip"));
  EXPECT_FALSE(is_worth_reading(""));
}

}  // namespace
}  // namespace slipway::fetcher
