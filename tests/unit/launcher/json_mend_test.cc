#include "launcher/entry/json_mend.h"

#include <gmock/gmock.h>

#include "sandbox/json.h"
#include "tests/support/noise.h"

namespace slipway::launcher {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> faults_of(std::string_view text) {
  std::vector<std::string> out;
  for (const JsonFault& each : mend_json(text).faults) {
    out.push_back(std::to_string(each.offset) + " " + each.what);
  }
  return out;
}

TEST(MendJson, WhatIsJsonStaysAsItIs) {
  for (const std::string_view text :
       {R"([{"a":1,"b":[true,false,null,-1.5e3,"x\"y"]},{}])", "[]", "\"//\"", R"({"a":"b, }"})"}) {
    const auto mended = mend_json(text);
    EXPECT_THAT(mended.faults, IsEmpty()) << text;
    EXPECT_EQ(mended.text, text);
    EXPECT_EQ(mended.unclosed, std::string::npos);
  }
}

TEST(MendJson, EverySlipIsSaidInItsOwnTermsAndMended) {
  struct Case {
    std::string_view text, fault, mended;
  };
  constexpr Case kCases[] = {
      {"['a']", "1 is in single quotes", "[\"a\"]"},
      {"[\xe2\x80\x9c"
       "a\xe2\x80\x9d]",
       "1 is in typographic quotes", "[  \"a\"  ]"},
      {"[1,]", "2 there is a ',' after the last element", "[1 ]"},
      {"{\"a\":1 , }", "7 there is a ',' after the last element", "{\"a\":1   }"},
      {"[1 2]", "3 there is no ',' between this and what is before it", "[1,2]"},
      {"{\"a\":{}\n\"b\":1}", "8 there is no ',' between this and what is before it",
       "{\"a\":{},\"b\":1}"},
      {"[True]", "1 is Python's True", "[true]"},
      {"[None]", "1 is Python's None", "[null]"},
      {"{ a: 1}", "2 the name a is not quoted", "{\"a\":1}"},
      {"{\"a\"=1}", "4 '=' stands where ':' belongs", "{\"a\":1}"},
      {"[1] // x", "4 JSON has no comments", "[1]     "},
      {"#x\n[1]", "0 JSON has no comments", "  \n[1]"},
      {"[/* a\nb */1]", "1 JSON has no comments", "[    \n    1]"},
  };
  for (const Case& each : kCases) {
    EXPECT_THAT(faults_of(each.text), ElementsAre(each.fault)) << each.text;
    const auto mended = mend_json(each.text);
    EXPECT_EQ(mended.text, each.mended);
    EXPECT_EQ(mended.text.size(), each.text.size());
    EXPECT_TRUE(sandbox::parse_json(mended.text)) << each.text;
    for (const JsonFault& fault : mended.faults) EXPECT_NE(fault.remedy, "");
  }
}

TEST(MendJson, SeveralSlipsAreFoundInOnePass) {
  EXPECT_THAT(faults_of("{'a': True, // x\n \"b\": [1,],}"), testing::SizeIs(5));
}

TEST(MendJson, TheInnermostOpenBracketIsFound) {
  EXPECT_EQ(mend_json("[{\"a\":[1,2]").unclosed, 1U);
  EXPECT_EQ(mend_json("[{\"a\":1}").unclosed, 0U);
}

TEST(MendJson, WhatItCannotUnderstandStaysForTheParser) {
  for (const std::string_view text : {"[@]", "\"abc", "{\"a\":'x\"y'}", "]", "[}", "", "'"}) {
    EXPECT_THAT(mend_json(text).faults, IsEmpty()) << text;
    EXPECT_EQ(mend_json(text).text, text);
  }
}

TEST(MendJson, FindsAnEndInAnyTextWhateverItIs) {
  std::string text;
  tests::Noise noise;
  constexpr std::string_view kBytes = "{}[],:='\"\\#/* \n1eTN-\xe2\x80\x9c\x9d";
  for (int round = 0; round < 2000; ++round) {
    text.clear();
    for (int i = 0; i < 40; ++i) {
      text += kBytes[static_cast<unsigned char>(noise.next()) % kBytes.size()];
    }
    EXPECT_EQ(mend_json(text).text.size(), text.size());
  }
}

}  // namespace
}  // namespace slipway::launcher
