#include "fetcher/plan/settings.h"
#include "fetcher/base/automatic_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetcher/plan/setting_rows.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Settings settings_of(std::string_view text) {
  auto parsed = parse_settings(text, "f");
  if (parsed) return *std::move(parsed);
  for (const std::string& problem : parsed.error()) ADD_FAILURE() << problem;
  return {};
}

std::vector<std::string> problems_of(std::string_view text) {
  const auto parsed = parse_settings(text, "f");
  return parsed ? std::vector<std::string>() : parsed.error();
}

std::string problem_of(std::string_view text) {
  const auto problems = problems_of(text);
  return problems.size() == 1 ? problems[0] : cat(problems.size(), " problems");
}

std::string extract(std::string_view line) {
  return cat("[extract]\n", line, '\n');
}

TEST(Settings, AnEmptyFileLeavesTheDefaults) {
  for (const char* text : {"", "# nothing\n", "[extract]\n"}) {
    const Settings settings = settings_of(text);
    EXPECT_EQ(settings.extract, ExtractLimits());
    EXPECT_EQ(settings.source, "f");
  }
}

TEST(Settings, EveryLimitCanBeSet) {
  const ExtractLimits limits = settings_of(R"([extract]
    max_bytes = "2GiB"
    max_entries = 3
    max_ratio = 4
    max_path_length = 5
    max_depth = 6
    max_metadata = 7
    max_directory = "8M"
    max_time = "9m"
    max_memory = "10K"
    free_space_reserve = 11)")
                                   .extract;
  EXPECT_EQ(limits.bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(limits.entries, 3U);
  EXPECT_EQ(limits.ratio, 4U);
  EXPECT_EQ(limits.path_length, 5U);
  EXPECT_EQ(limits.depth, 6U);
  EXPECT_EQ(limits.metadata_bytes, 7U);
  EXPECT_EQ(limits.directory_bytes, 8'000'000U);
  EXPECT_EQ(limits.seconds, 540U);
  EXPECT_EQ(limits.decoder_memory, 10'000U);
  EXPECT_EQ(limits.free_space_reserve, 11U);
}

TEST(Settings, SecondsAreAnIntegerOrADuration) {
  EXPECT_EQ(settings_of(extract("max_time = 7")).extract.seconds, 7U);
  EXPECT_EQ(settings_of(extract("max_time = \"2000ms\"")).extract.seconds, 2U);
  EXPECT_EQ(settings_of(extract("max_time = 9223372036854775807")).extract.seconds,
            std::uint64_t{INT64_MAX});
  EXPECT_EQ(problem_of(extract("max_time = \"1500ms\"")),
            "f:2:12: [extract] max_time: '1500ms' is no whole number of seconds");
  EXPECT_THAT(problem_of(extract("max_time = \"0s\"")), HasSubstr("1 is the least"));
  EXPECT_THAT(problem_of(extract("max_time = \"1d\"")), HasSubstr("'1d' is not a duration"));
  EXPECT_THAT(problem_of(extract("max_time = 01:00:00")),
              HasSubstr("is a date or time; a number of seconds or a duration like \"1h\""));
}

TEST(Settings, TheReserveIsASizeNothingOrAutomatic) {
  const auto reserve = [](std::string_view value) {
    return settings_of(extract(cat("free_space_reserve = ", value))).extract.free_space_reserve;
  };
  EXPECT_EQ(reserve("0"), 0U);
  EXPECT_EQ(reserve("\"0\""), 0U);
  EXPECT_EQ(reserve("\"5GiB\""), std::uint64_t{5} << 30);
  EXPECT_EQ(reserve("\"auto\""), kAutomaticSize);
  EXPECT_THAT(problem_of(extract("free_space_reserve = \"Auto\"")),
              HasSubstr("'Auto' is not a size like 5000000, 5M or 10GiB, or \"auto\""));
  EXPECT_THAT(problem_of(extract("free_space_reserve = \"18446744073709551615\"")),
              HasSubstr("more bytes than"))
      << "the number that stands for automatic";
  EXPECT_THAT(problem_of(extract("max_bytes = \"auto\"")), HasSubstr("is not a size"));
}

TEST(Settings, ValuesOfTheWrongKindOrRange) {
  EXPECT_EQ(problem_of(extract("max_bytes = true")),
            "f:2:13: [extract] max_bytes: is a boolean; a number of bytes or a size like "
            "\"10GiB\" is expected");
  EXPECT_EQ(problem_of(extract("max_entries = \"5\"")),
            "f:2:15: [extract] max_entries: is a string; an integer is expected");
  EXPECT_THAT(problem_of(extract("max_entries = 1.5")), HasSubstr("is a number with a fraction"));
  EXPECT_THAT(problem_of(extract("max_entries = [5]")), HasSubstr("is an array"));
  EXPECT_THAT(problem_of(extract("max_entries = {a = 5}")), HasSubstr("is a table"));
  EXPECT_THAT(problem_of(extract("max_entries = -1")), HasSubstr("-1 is negative"));
  EXPECT_THAT(problem_of(extract("max_depth = 0")), HasSubstr("1 is the least"));
  EXPECT_THAT(problem_of(extract("max_bytes = \"0GiB\"")), HasSubstr("1 is the least"));
  EXPECT_THAT(problem_of(extract("max_bytes = \"9999999TiB\"")), HasSubstr("more bytes than"));
}

TEST(Settings, APathIsNeverLongerThanTheKernelTakes) {
  EXPECT_EQ(settings_of(extract("max_path_length = \"4KiB\"")).extract.path_length, 4096U);
  EXPECT_EQ(problem_of(extract("max_path_length = 4097")),
            "f:2:19: [extract] max_path_length: 4097 is more than 4096, which the kernel takes "
            "(PATH_MAX)");
}

TEST(Settings, UnknownKeysAndTablesAreErrorsWithAProposal) {
  EXPECT_EQ(problem_of(extract("max_byts = 1")),
            "f:2:1: [extract] max_byts: unknown key, did you mean 'max_bytes'?");
  EXPECT_THAT(problem_of(extract("compression = 1")),
              HasSubstr("compression: unknown key, there is: max_bytes, max_entries,"));
  EXPECT_EQ(problem_of("[extrat]\nmax_bytes = 1\n"),
            "f:1:2: [extrat]: unknown table, did you mean 'extract'?");
  EXPECT_EQ(problem_of("[party]\n"),
            "f:1:2: [party]: unknown table, there is: fetch, cache, extract");
  EXPECT_EQ(problem_of("max_bytes = 1\n"),
            "f:1:1: max_bytes: a key outside of all tables; the tables are: fetch, cache, extract");
  EXPECT_EQ(problem_of("extract = 1\n"), "f:1:11: extract: is an integer; a table is expected");
  EXPECT_EQ(problem_of("[[extract]]\n"), "f:1:1: extract: is an array; a table is expected");
  EXPECT_THAT(problem_of(extract("\"a\\nb\" = 1")), HasSubstr("[extract] a\\nb: unknown key"));
}

TEST(Settings, AllProblemsAreToldInTheOrderOfTheText) {
  EXPECT_THAT(
      problems_of("top = 1\n[extract]\nmax_time = true\nmax_byts = 1\nmax_depth = 0\n"
                  "[zoo]\n[ape]\n"),
      ElementsAre(HasSubstr("f:1:1: top"), HasSubstr("f:3:12: [extract] max_time"),
                  HasSubstr("f:4:1: [extract] max_byts"), HasSubstr("f:5:13: [extract] max_depth"),
                  HasSubstr("f:6:2: [zoo]"), HasSubstr("f:7:2: [ape]")));
}

TEST(Settings, TextThatIsNotTomlIsOneProblemWithItsPlace) {
  EXPECT_EQ(problem_of(extract("max_bytes = 5M")),
            "f:2:14: not TOML: while parsing decimal integer: expected digit, saw 'M' "
            "(with a unit it is written in quotes: \"1GiB\", \"90s\")");
  EXPECT_THAT(problem_of("[extract]\nmax_depth = 1\nmax_depth = 2\n"),
              HasSubstr("f:3:13: not TOML: while parsing key-value pair: cannot redefine"));
}

TEST(Settings, ALimitIsShownAsTheFileHasIt) {
  const ExtractLimits usual;
  std::vector<std::string> shown;
  for (const auto& row : extract_limit_rows()) shown.push_back(limit_text(row, usual));
  EXPECT_THAT(shown, ElementsAre("100GiB", "10000000", "1100", "4KiB", "128", "1MiB", "64MiB",
                                 "3600s", "256MiB", "auto"));
}

TEST(Settings, EveryKeyOfFetchAndCacheIsTaken) {
  const Settings settings = settings_of(R"(
[fetch]
parallel = 3
retries = 0
connect_timeout = "2s"
stall_timeout = 7
timeout = "1h"
max_size = "5M"
proxy = "http://proxy.example:3128"
no_proxy = "localhost"
ca = "/etc/ca.pem"
netrc = "/etc/netrc"
headers = "/etc/slipway/headers"
hadoop_home = "/opt/hadoop/"
frameworks_home = "/srv"
require_landlock = true
[cache]
max_size = "1GiB"
free_space_reserve = 0
lock_timeout = "500ms"
revalidate_timeout = "1s"
materialize = "overlay,auto"
)");
  std::vector<std::string> texts;
  for (const auto& row : fetch_setting_rows()) texts.push_back(row.text(settings));
  for (const auto& row : cache_setting_rows()) texts.push_back(row.text(settings));
  EXPECT_THAT(texts, ElementsAre("3", "0", "2s", "7s", "3600s", "5M", "http://proxy.example:3128",
                                 "localhost", "/etc/ca.pem", "/etc/netrc", "/etc/slipway/headers",
                                 "/opt/hadoop", "/srv", "true", "1GiB", "0", "500ms", "1s",
                                 "overlay,auto"));
}

TEST(Settings, WhatFetchAndCacheCannotHaveIsRefused) {
  for (const char* line :
       {"[fetch]\nparallel = 0", "[fetch]\nparallel = 65", "[fetch]\nmax_size = 0",
        "[fetch]\nca = \"relative\"", "[fetch]\nstall_timeout = 0", "[fetch]\nrequire_landlock = 1",
        "[fetch]\nproxy = 1", "[cache]\nmax_size = \"much\"", "[cache]\nlock_timeout = \"1y\"",
        "[cache]\nmaterialize = \"bind\"", "[cache]\nmaterialize = 1"}) {
    EXPECT_EQ(problems_of(line).size(), 1U) << line;
  }
}

}  // namespace
}  // namespace slipway::fetcher
