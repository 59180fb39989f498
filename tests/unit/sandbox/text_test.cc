#include "sandbox/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(Lower, TurnsTheLettersOfAsciiAndNothingElse) {
  EXPECT_EQ(lower("HTTP-X_9\xc3\x84z"), "http-x_9\xc3\x84z");
}

TEST(Text, CatJoinsTextCharactersAndNumbers) {
  EXPECT_EQ(cat("a", 'b', 12, -3), "ab12-3");
}

TEST(Text, QuoteKeepsOneLineOneLine) {
  EXPECT_EQ(quote("a\nb\x1b[31m"), "'a\\nb\\x1b[31m'");
  EXPECT_EQ(quote("it's"), "'it\\'s'");
}

TEST(Text, IsAbbreviatedInTheMiddleAndBetweenCharacters) {
  EXPECT_EQ(abbreviated(std::string(64, 'a'), 64), std::string(64, 'a'));
  const std::string cut = abbreviated(std::string(1000, 'a') + std::string(1000, 'z'), 100);
  EXPECT_THAT(cut, ::testing::MatchesRegex(R"(a+\[\.\.\. 1937 bytes \.\.\.\]z+)"));
  EXPECT_LE(cut.size(), 100U);
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\u20ac";
  for (std::size_t limit = 64; limit < 80; ++limit) {
    const std::string shown = abbreviated(wide, limit);
    EXPECT_TRUE(is_utf8(shown)) << shown;
    EXPECT_LE(shown.size(), limit);
  }
}

TEST(Text, IsUtf8OnlyWhereAllOfItIs) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain, h\u00f6her, \U0001f680"));
  EXPECT_FALSE(is_utf8("h\xf6her"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));  // a surrogate
  EXPECT_FALSE(is_utf8("cut short: \xc3"));
}

TEST(Text, QuoteEscapesWhatIsNotUtf8AndKeepsWhatIs) {
  EXPECT_EQ(quote("é…"), "'é…'");
  EXPECT_EQ(quote("\xff"), "'\\xff'");
  EXPECT_EQ(quote("\xc0\xaf"), "'\\xc0\\xaf'");           // overlong
  EXPECT_EQ(quote("\xed\xa0\x80"), "'\\xed\\xa0\\x80'");  // surrogate
  for (const char* turns : {"\u200e", "\u200f", "\u2028", "\u202e", "\u2066", "\u2069"}) {
    EXPECT_EQ(quote(turns).find(turns), std::string::npos);
  }
  EXPECT_EQ(quote("\u2019\u2065\u2027\u202f"), "'\u2019\u2065\u2027\u202f'");
  EXPECT_EQ(quote("\xc2\x9b"), "'\\xc2\\x9b'");  // C1 control: terminals obey it
}

TEST(Text, ShellQuoteReadsBackAsTheSameWord) {
  EXPECT_EQ(shell_quote("plain/word-1.2"), "plain/word-1.2");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("a b"), "'a b'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace slipway
