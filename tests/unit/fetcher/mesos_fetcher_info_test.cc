#include "fetcher/mesos/mesos_fetcher_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Action = MesosFetcherInfo::Action;
using Item = MesosFetcherInfo::Item;

MesosFetcherInfo info_of(std::string_view text) {
  auto parsed = parse_fetcher_info(text);
  if (parsed) return *std::move(parsed);
  for (const auto& problem : parsed.error()) {
    ADD_FAILURE() << text << "\n" << problem.pointer << ": " << problem.what;
  }
  return {};
}

// "OFFSET POINTER: what"
std::vector<std::string> problems_of(std::string_view text) {
  std::vector<std::string> out;
  const auto parsed = parse_fetcher_info(text);
  if (parsed) return out;
  for (const auto& problem : parsed.error()) {
    out.push_back(cat(problem.offset, ' ', problem.pointer, ": ", problem.what));
  }
  return out;
}

// A FetcherInfo with `rest` behind the required field.
std::string info(std::string_view rest) {
  return cat(R"({"sandbox_directory":"/s",)", rest, "}");
}

// With one item: what its uri says beside the value, and what stands beside the uri and action.
std::string with_uri(std::string_view uri_rest) {
  return info(cat(R"("items":[{"action":"BYPASS_CACHE","uri":{"value":"/a",)", uri_rest, "}}]"));
}
std::string with_action(std::string_view action) {
  return info(cat(R"("items":[{"action":)", action, R"(,"uri":{"value":"/a"}}])"));
}
Item uri_of(std::string_view uri_rest) {
  const auto read = info_of(with_uri(uri_rest));
  return read.items.size() == 1 ? read.items[0] : Item();
}
std::optional<std::int64_t> nanoseconds_of(std::string_view number) {
  return info_of(info(cat(R"("stall_timeout":{"nanoseconds":)", number, "}"))).stall_timeout_ns;
}
std::vector<std::string> nanoseconds_problems(std::string_view number) {
  return problems_of(info(cat(R"("stall_timeout":{"nanoseconds":)", number, "}")));
}

TEST(FetcherInfo, WhatAnAgentWritesIsRead) {
  const auto read = info_of(
      R"({"cache_directory":"\/cache\/nobody","frameworks_home":"/home","items":[{"action":)"
      R"("DOWNLOAD_AND_CACHE","cache_filename":"c1-executor.py","uri":{"cache":true,"executable":)"
      R"(true,"extract":true,"output_file":"x/y","value":"http:\/\/h/executor.py"}},{"action":)"
      R"("BYPASS_CACHE","uri":{"extract":false,"value":"/b"}},{"action":"RETRIEVE_FROM_CACHE",)"
      R"("cache_filename":"c2-c","uri":{"value":"/c"}}],"sandbox_directory":"/sandbox",)"
      R"("stall_timeout":{"nanoseconds":60000000000},"user":"nobody"})");
  EXPECT_EQ(read.sandbox_directory, "/sandbox");
  EXPECT_EQ(read.cache_directory, "/cache/nobody") << "agents before 2018 wrote \\/";
  EXPECT_EQ(read.user, "nobody");
  EXPECT_EQ(read.frameworks_home, "/home");
  EXPECT_EQ(read.stall_timeout_ns, 60'000'000'000);
  ASSERT_THAT(read.items, SizeIs(3));
  const Item& first = read.items[0];
  EXPECT_EQ(first.uri, "http://h/executor.py");
  EXPECT_EQ(first.action, Action::kDownloadAndCache);
  EXPECT_EQ(first.cache_filename, "c1-executor.py");
  EXPECT_EQ(first.output_file, "x/y");
  EXPECT_TRUE(first.cache && first.executable && first.extract);
  EXPECT_EQ(first.pointer, "/items/0/uri");
  EXPECT_EQ(read.items[1].action, Action::kBypassCache);
  EXPECT_FALSE(read.items[1].extract);
  EXPECT_EQ(read.items[2].action, Action::kRetrieveFromCache);
  EXPECT_EQ(read.items[2].uri, "/c");
}

TEST(FetcherInfo, OnlyTheSandboxIsRequired) {
  const auto read = info_of(R"({"sandbox_directory":"/s"})");
  EXPECT_THAT(read.items, IsEmpty());
  EXPECT_FALSE(read.cache_directory || read.user || read.frameworks_home || read.stall_timeout_ns);
}

TEST(FetcherInfo, DefaultsAreThoseOfMesos) {
  const Item item = info_of(with_action(R"("BYPASS_CACHE")")).items.at(0);
  EXPECT_TRUE(item.extract);
  EXPECT_FALSE(item.executable || item.cache || item.output_file || item.cache_filename);
}

TEST(FetcherInfo, AnItemKnowsThePlaceOfItsUri) {
  const std::string text = with_action(R"("BYPASS_CACHE")");
  EXPECT_EQ(info_of(text).items.at(0).offset, text.find(R"("/a")"));
}

TEST(FetcherInfo, UnknownFieldsAreIgnored) {
  EXPECT_THAT(info_of(info(R"("zoo":[{"a":1}],"command_info":7)")).items, IsEmpty());
  EXPECT_EQ(uri_of(R"("checksum":4,"zoo":null)").uri, "/a");
}

TEST(FetcherInfo, A24NullIsUnset) {
  const auto read = info_of(
      info(R"("cache_directory":null,"user":null,"items":null,"stall_timeout":null,"zoo":null)"));
  EXPECT_FALSE(read.cache_directory || read.user || read.stall_timeout_ns);
  EXPECT_TRUE(uri_of(R"("extract":null,"cache":null,"output_file":null)").extract);
  EXPECT_THAT(info_of(info(R"("items":[null,null])")).items, IsEmpty());
  EXPECT_THAT(problems_of(R"({"sandbox_directory":null})"),
              ElementsAre("0 : Missing required fields: sandbox_directory"));
}

TEST(FetcherInfo, A24BooleansMayBeStrings) {
  EXPECT_TRUE(uri_of(R"("executable":"true")").executable);
  EXPECT_TRUE(uri_of(R"("cache":" true ")").cache) << "the string is read as JSON";
  EXPECT_FALSE(uri_of(R"("extract":"false")").extract);
  for (const char* other : {R"("True")", R"("1")", R"("")", R"("\"true\"")"}) {
    EXPECT_THAT(
        problems_of(with_uri(cat(R"("extract":)", other))),
        ElementsAre(AllOf(HasSubstr("/items/0/uri/extract"), HasSubstr("neither true nor false"))))
        << other;
  }
}

TEST(FetcherInfo, A24IntegersMayBeStringsOrWholeReals) {
  EXPECT_EQ(nanoseconds_of(R"("1000000000")"), 1'000'000'000);
  EXPECT_EQ(nanoseconds_of(R"("1.0")"), 1);
  EXPECT_EQ(nanoseconds_of("2.0"), 2);
  EXPECT_EQ(nanoseconds_of("6e10"), 60'000'000'000);
  EXPECT_EQ(nanoseconds_of("-5"), -5);
  for (const char* other :
       {"1.5", R"("1.5")", R"("x")", R"("")", R"("NaN")", R"("[1]")", "1e300"}) {
    EXPECT_THAT(nanoseconds_problems(other), ElementsAre(HasSubstr("is no whole number"))) << other;
  }
}

TEST(FetcherInfo, A24LargeIntegersAreExact) {
  EXPECT_EQ(nanoseconds_of("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(nanoseconds_of("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(nanoseconds_of(R"("9007199254740993")"), 9007199254740993) << "2^53 + 1";
  for (const char* beyond : {"9223372036854775808", "9223372036854775808.0", "1e19", "-1e19"}) {
    EXPECT_THAT(nanoseconds_problems(beyond), ElementsAre(HasSubstr("is no whole number")))
        << beyond;
  }
}

TEST(FetcherInfo, A24ANumberForAStringIsAnError) {
  EXPECT_THAT(problems_of(info(R"("user":4)")),
              ElementsAre(HasSubstr("/user: Not expecting a JSON number for field 'user'")));
  EXPECT_THAT(
      problems_of(info(R"("items":[{"action":"BYPASS_CACHE","uri":{"value":1.5}}])")),
      ElementsAre(HasSubstr("/items/0/uri/value: Not expecting a JSON number for field 'value'")));
}

TEST(FetcherInfo, EveryOtherKindIsAnErrorThatNamesItsField) {
  struct Row {
    std::string text;
    const char* what;
  };
  const Row rows[] = {
      {R"({"sandbox_directory":true})", "JSON boolean for field 'sandbox_directory'"},
      {R"({"sandbox_directory":["/s"]})", "JSON array for field 'sandbox_directory'"},
      {R"({"sandbox_directory":{}})", "JSON object for field 'sandbox_directory'"},
      {info(R"("cache_directory":["/c"])"), "JSON array for field 'cache_directory'"},
      {info(R"("frameworks_home":false)"), "JSON boolean for field 'frameworks_home'"},
      {info(R"("stall_timeout":60)"), "JSON number for field 'stall_timeout'"},
      {info(R"("stall_timeout":"60secs")"), "JSON string for field 'stall_timeout'"},
      {info(R"("stall_timeout":[{"nanoseconds":1}])"), "JSON array for field 'stall_timeout'"},
      {info(R"("stall_timeout":{"nanoseconds":true})"), "JSON boolean for field 'nanoseconds'"},
      {info(R"("stall_timeout":{"nanoseconds":[1]})"), "JSON array for field 'nanoseconds'"},
      {info(R"("items":"x")"), "JSON string for field 'items'"},
      {info(R"("items":[7])"), "JSON number for field 'items'"},
      {info(R"("items":[[]])"), "JSON array for field 'items'"},
      {info(R"("items":[{"action":"BYPASS_CACHE","uri":"/a"}])"), "JSON string for field 'uri'"},
      {info(R"("items":[{"action":"BYPASS_CACHE","uri":[]}])"), "JSON array for field 'uri'"},
      {with_uri(R"("executable":1)"), "JSON number for field 'executable'"},
      {with_uri(R"("extract":[true])"), "JSON array for field 'extract'"},
      {with_uri(R"("cache":{})"), "JSON object for field 'cache'"},
      {with_uri(R"("output_file":["x"])"), "JSON array for field 'output_file'"},
      {with_action("true"), "JSON boolean for field 'action'"},
      {with_action(R"(["BYPASS_CACHE"])"), "JSON array for field 'action'"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(problems_of(row.text), ElementsAre(HasSubstr(cat("Not expecting a ", row.what))))
        << row.text;
  }
}

TEST(FetcherInfo, AnObjectWhereAnArrayIsExpectedIsItsOneElement) {
  const auto read = info_of(info(R"("items":{"action":"BYPASS_CACHE","uri":{"value":"/a"}})"));
  ASSERT_THAT(read.items, ElementsAre(Field(&Item::uri, "/a")));
  EXPECT_EQ(read.items[0].pointer, "/items/uri");
}

TEST(FetcherInfo, A24AnActionIsItsName) {
  EXPECT_THAT(problems_of(with_action("1")),
              ElementsAre(HasSubstr("Not expecting a JSON number for field 'action'")));
  for (const char* unknown : {R"("COPY")", R"("")", R"("bypass_cache")", R"("0")"}) {
    EXPECT_THAT(problems_of(with_action(unknown)),
                ElementsAre(HasSubstr("/items/0/action: Missing required fields: action")))
        << unknown;
  }
}

TEST(FetcherInfo, WhatIsMissingIsNamedAtItsMessage) {
  EXPECT_THAT(problems_of("{}"), ElementsAre("0 : Missing required fields: sandbox_directory"));
  EXPECT_THAT(problems_of(info(R"("items":[{},{"action":"BYPASS_CACHE","uri":{}}])")),
              ElementsAre("35 /items/0: Missing required fields: action",
                          "35 /items/0: Missing required fields: uri",
                          "69 /items/1/uri: Missing required fields: value"));
  EXPECT_THAT(problems_of(info(R"("stall_timeout":{})")),
              ElementsAre(HasSubstr("/stall_timeout: Missing required fields: nanoseconds")));
}

TEST(FetcherInfo, AnEmptySandboxIsAnError) {
  EXPECT_THAT(problems_of(R"({"sandbox_directory":""})"),
              ElementsAre(HasSubstr("/sandbox_directory: is empty")));
}

TEST(FetcherInfo, TextAfterTheObjectIsAnError) {
  for (const char* text : {R"({"sandbox_directory":"/s"} x)", R"({"sandbox_directory":"/s"}{})",
                           R"({"sandbox_directory":"/s"},)"}) {
    EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("not JSON"))) << text;
  }
  EXPECT_EQ(info_of(" {\"sandbox_directory\":\"/s\"} \n").sandbox_directory, "/s");
}

TEST(FetcherInfo, TextThatIsNoObjectIsAnError) {
  EXPECT_THAT(problems_of(""), ElementsAre(HasSubstr("not JSON")));
  EXPECT_THAT(problems_of("[]"),
              ElementsAre("0 : is an array; an object, a FetcherInfo, is expected"));
  EXPECT_THAT(problems_of("null"), ElementsAre(HasSubstr("is null; an object")));
}

TEST(FetcherInfo, AKeyThatIsThereTwiceIsAnError) {
  EXPECT_THAT(problems_of(R"({"sandbox_directory":"/a","sandbox_directory":"/b"})"),
              ElementsAre(HasSubstr("26 /sandbox_directory: the key is there twice")));
  EXPECT_THAT(problems_of(with_uri(R"("zoo":1,"zoo":2)")),
              ElementsAre(HasSubstr("/items/0/uri/zoo: the key is there twice")));
}

TEST(FetcherInfo, ANulByteIsAnError) {
  EXPECT_THAT(problems_of(R"({"sandbox_directory":"/s\u0000/x"})"),
              ElementsAre(HasSubstr("/sandbox_directory: contains a NUL byte")));
  EXPECT_THAT(problems_of(with_uri(R"("output_file":"a\u0000")")),
              ElementsAre(HasSubstr("/items/0/uri/output_file: contains a NUL byte")));
}

TEST(FetcherInfo, EveryProblemIsReportedInTheOrderOfTheText) {
  EXPECT_THAT(problems_of(info(R"("user":1,"items":[{"action":2,"uri":{"value":3}}],"user":4)")),
              ElementsAre(HasSubstr("/user: Not expecting"), HasSubstr("/items/0/action: Not"),
                          HasSubstr("/items/0/uri/value: Not"), HasSubstr("/user: the key is")));
}

TEST(FetcherInfo, NoProblemRepeatsAValue) {
  const auto problems = problems_of(
      R"({"sandbox_directory":"secret\u0000","items":[{"action":"secret","uri":{"extract":"secret"}}],)"
      R"("stall_timeout":{"nanoseconds":"secret"}})");
  EXPECT_THAT(problems, SizeIs(5));
  for (const std::string& problem : problems) EXPECT_THAT(problem, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace slipway::fetcher
