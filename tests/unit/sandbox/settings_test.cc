#include "sandbox/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::sandbox {
namespace {

using ::testing::HasSubstr;
using tests::FailsWith;
using tests::TempDir;

std::string place(const LineColumn& at) {
  return cat(at.line, ':', at.column);
}

// "LINE:COLUMN what".
std::string error_of(std::string_view text) {
  const auto parsed = parse_toml(text);
  return parsed ? "no error" : cat(place(parsed.error().at), ' ', parsed.error().what);
}

TEST(Settings, EveryKeyAndValueKnowsItsPlace) {
  const auto parsed = parse_toml(
      "# comment\n[zebra]\nsize = \"5M\"\n  count =  7\n[ant] # comment\n\"a b\" = true\né.x=1\n");
  ASSERT_FALSE(parsed) << "bare keys are ASCII";
  const auto settings = parse_toml(
      "# comment\r\n[zebra]\r\nsize = \"5M\"\n  count =  -7\n[ant] # x\n\"é b\" = true\n");
  ASSERT_TRUE(settings) << settings.error().what;
  ASSERT_EQ(settings->size(), 2U);
  const Setting& zebra = settings->at(0);
  EXPECT_EQ(zebra.key, "zebra") << "in the order of the text";
  EXPECT_EQ(zebra.kind, SettingKind::kTable);
  EXPECT_EQ(place(zebra.key_at), "2:2");
  ASSERT_EQ(zebra.keys.size(), 2U);
  EXPECT_EQ(zebra.keys[0].key, "size");
  EXPECT_EQ(zebra.keys[0].text, "5M");
  EXPECT_EQ(place(zebra.keys[0].value_at), "3:8");
  EXPECT_EQ(zebra.keys[1].integer, -7);
  EXPECT_EQ(place(zebra.keys[1].key_at), "4:3");
  const Setting& ant = settings->at(1);
  EXPECT_EQ(ant.keys.at(0).key, "é b");
  EXPECT_TRUE(ant.keys.at(0).boolean);
  EXPECT_EQ(place(ant.keys.at(0).value_at), "6:9") << "columns are characters";
}

TEST(Settings, EachKindIsTold) {
  const auto settings = parse_toml(
      "a = 's'\nb = 0x10\nc = false\nd = 1.5\ne = 1979-05-27\nf = [1]\ng = {h = 1}\n[[i]]\n");
  ASSERT_TRUE(settings) << settings.error().what;
  std::vector<std::string_view> kinds;
  for (const Setting& each : *settings) kinds.push_back(name_of(each.kind));
  EXPECT_THAT(kinds, ::testing::ElementsAre("a string", "an integer", "a boolean",
                                            "a number with a fraction", "a date or time",
                                            "an array", "a table", "an array"));
  EXPECT_EQ(settings->at(1).integer, 16);
}

TEST(Settings, WhatIsDeeperThanATableOfTheFirstLevelIsNotLookedInto) {
  const auto settings = parse_toml("[a.b.c]\nd = 1\n");
  ASSERT_TRUE(settings);
  const Setting& b = settings->at(0).keys.at(0);
  EXPECT_EQ(b.kind, SettingKind::kTable);
  EXPECT_TRUE(b.keys.empty());
}

TEST(Settings, AnEmptyFileSaysNothing) {
  for (const char* text : {"", "\n", "# only a comment", "\xef\xbb\xbf"}) {
    const auto settings = parse_toml(text);
    ASSERT_TRUE(settings) << text;
    EXPECT_TRUE(settings->empty());
  }
}

TEST(Settings, WhatIsNotTomlIsAnErrorWithItsPlace) {
  EXPECT_EQ(error_of("[a]\nb = 5M\n"),
            "2:6 while parsing decimal integer: expected digit, saw 'M'");
  EXPECT_THAT(error_of("[a]\nb = 1\nb = 2\n"),
              HasSubstr("3:5 while parsing key-value pair: cannot"));
  EXPECT_THAT(error_of("[a]\n[a]\n"), HasSubstr("2:1 while parsing table header: cannot redefine"));
  EXPECT_THAT(error_of("a = 99999999999999999999"), HasSubstr("not representable in 64 bits"));
  EXPECT_THAT(error_of("\xff"), HasSubstr("1:1"));
  for (const char* text :
       {"a", "a =", "[a", "a = [1,", "a = \"x", "= 1", "{}", "a = 'x\ny'", "[^]", "[]", "[a.^]"}) {
    EXPECT_FALSE(parse_toml(text)) << text;
  }
}

TEST(Settings, NoErrorRepeatsWhatATerminalObeys) {
  EXPECT_THAT(error_of("a = fal\x1b[2J"), HasSubstr("\\x1b"));
}

TEST(Settings, WhatIsNotAsciiStandsInStringsAndCommentsOnly) {
  const auto settings = parse_toml(
      "# é\n[t] # é\na = \"é\\\"é\" # é\nb = 'é\\' # é\nc = \"\"\"é\n\"é\\\"\"\"é\"\"\"\"\n"
      "d = '''\né'é\"'''\n\"é\" = 1\n'é é' = ''\n");
  ASSERT_TRUE(settings) << settings.error().what;
  const auto& keys = settings->at(0).keys;
  ASSERT_EQ(keys.size(), 6U);
  EXPECT_EQ(keys[0].text, "é\"é");
  EXPECT_EQ(keys[1].text, "é\\");
  EXPECT_EQ(keys[2].text, "é\n\"é\"\"\"é\"");
  EXPECT_EQ(keys[3].text, "é'é\"");
  EXPECT_EQ(keys[5].key, "é é");
  for (const char* text :
       {"é = 1", "a\u00a0= 1", "a = 1 é", "a = \"\" é", "[é]", "a = 'x\né'", "a = [1,\n\u3000]",
        "\xef\xbb\xbf\xef\xbb\xbf", "a = 5x_\"\"\"é\"", "a = 5'é'", "a = r=\"é\"",
        "a = \"\"\"é\"\"\"\"\"\"é", "\"\"\"=r\\t\"\"=r\\szé"}) {
    EXPECT_FALSE(parse_toml(text)) << text;
  }
  EXPECT_EQ(error_of("a = 1\n bé = 2"), "2:3 while parsing key-value pair: expected '=', saw 'é'");
}

TEST(Settings, AnyCharacterIsReadAsItIsWrittenEscapedOrNot) {
  const auto settings = parse_toml(
      "\"ä`\".\"ö\" = 1 # ü\n['€ $@%&!(']\na = '\u00e9 \u20ac \U0001f600 \\u0029' # )\n"
      "b = \"é\\u00e9é\\u0061é\" ");
  ASSERT_FALSE(settings) << "each mark is taken";
  const auto free = parse_toml(
      "\"ä`\".\"ö\" = 1 # ü\n['€ $@%&!(']\na = '\u00e9 \u20ac \U0001f600 )'\n"
      "b = \"é\\u00e9é\\u0061é\\u0060\" \n");
  ASSERT_FALSE(free) << "as an escape too";
  const auto read = parse_toml(
      "\"ä`\".\"ö\" = 1 # ü\n['€ $@%&!(']\na = '\u00e9 \u20ac \U0001f600'\n"
      "b = \"é\\u00e9é\\u0061é\\u0060\" \n");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->at(0).key, "ä`");
  EXPECT_EQ(read->at(0).keys.at(0).key, "ö");
  EXPECT_EQ(read->at(1).key, "€ $@%&!(");
  EXPECT_EQ(read->at(1).keys.at(0).text, "é € \U0001f600");
  EXPECT_EQ(read->at(1).keys.at(1).text, "éééaé`");
}

TEST(Settings, WhatIsAsciiNeedsNoStandIn) {
  EXPECT_EQ(
      error_of("# use `x`, $HOME, me@host, 50% & more! (see below)\na = 'é'\n"),
      "1:1 beside characters that are not ASCII it has each of `$@%&!(): leave one of these out");
  EXPECT_EQ(error_of("# use `x`, $HOME, me@host, 50% & more! (see below)\na = 'e'\n"), "no error");
  EXPECT_EQ(error_of("# $@%&!()\na = 'é'\nb = 10060\n"), "no error");
}

TEST(Settings, AMessageNamesNoCharacterThatIsNotThere) {
  EXPECT_EQ(error_of("a = 'x'\n\"ä\" = 1\n\"ä\" = 2\nb = 'ö'\n").find("ö"), std::string::npos);
}

TEST(Settings, NoNestingIsTooDeepForIt) {
  std::string dotted;
  for (int i = 0; i < 500'000; ++i) dotted += "a.";
  EXPECT_EQ(error_of("x = 1\n" + dotted + "a = 1"), "2:1 a line is longer than 4096 bytes");
  EXPECT_FALSE(parse_toml("a = " + std::string(500'000, '[')));
  std::string brackets = "a = ";
  for (int i = 0; i < 100'000; ++i) brackets += "[\n";
  EXPECT_FALSE(parse_toml(brackets));
  // As deep as both limits allow together: to be built, and taken down again.
  std::string deep = cat('[', dotted.substr(0, 4090), "a]\na = [\n");
  for (int i = 0; i < 7; ++i) deep += cat('{', dotted.substr(0, 4080), "a = [\n");
  for (int i = 0; i < 7; ++i) deep += "]}\n";
  EXPECT_EQ(error_of(deep + "]\n"), "no error");
}

TEST(SettingsFile, OnlyARegularFileOfAtMostOneMebibyteIsRead) {
  const TempDir dir;
  const std::string whole(kSettingsMaxBytes, '#');
  const auto text = read_settings_file(dir.write("whole", whole));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), kSettingsMaxBytes);
  EXPECT_THAT(read_settings_file(dir.write("more", whole + "#")),
              FailsWith(HasSubstr("longer than the limit of 1048576 bytes")));
  EXPECT_THAT(read_settings_file(dir.path()), FailsWith(HasSubstr("is not a regular file")));
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(read_settings_file(dir / "fifo"), FailsWith(HasSubstr("is not a regular file")));
  EXPECT_THAT(read_settings_file("/dev/zero"), FailsWith(HasSubstr("is not a regular file")));
}

TEST(SettingsFile, AMissingOneIsToldFromAllOtherErrors) {
  const TempDir dir;
  const auto missing = read_settings_file(dir / "missing");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(std::errc::no_such_file_or_directory));
  const auto below_a_file = read_settings_file(dir.write("file", "") + "/x");
  ASSERT_FALSE(below_a_file);
  EXPECT_FALSE(below_a_file.error().is(std::errc::no_such_file_or_directory));
}

}  // namespace
}  // namespace slipway::sandbox
