#include "launcher/manual/settings_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "fetcher/plan/setting_rows.h"
#include "fetcher/plan/settings.h"
#include "launcher/manual/scdoc.h"
#include "sandbox/base/text.h"

namespace slipway::manual {
namespace {

using fetcher::parse_settings;
using fetcher::Settings;
using ::testing::HasSubstr;
using ::testing::Not;

// Every key there is: its table, its name, its default less the quotes, and its range.
struct Key {
  std::string_view table;
  std::string_view name;
  std::string usual;
  std::string_view range;
};

std::vector<Key> all_keys() {
  const Settings usual;
  std::vector<Key> keys;
  for (const auto& row : fetcher::fetch_setting_rows())
    keys.push_back({"fetch", row.key, row.text(usual), row.range});
  for (const auto& row : fetcher::cache_setting_rows())
    keys.push_back({"cache", row.key, row.text(usual), row.range});
  for (const auto& row : fetcher::extract_limit_rows())
    keys.push_back({"extract", row.key, limit_text(row, usual.extract), row.range});
  return keys;
}

// The lines of the sample that set something, taken out of their comments.
std::string uncommented() {
  std::istringstream in(sample_settings());
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool sets = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += cat(sets ? line.substr(1) : line, '\n');
  }
  return out;
}

// The part of the text that stands under one table's headline.
std::string part_of(const std::string& text, std::string_view table) {
  const std::size_t start = text.find(cat('[', table, "]\n"));
  if (start == std::string::npos) return "";
  return text.substr(start, text.find("\n[", start) - start);
}

void expect_defaults(const std::string& text) {
  const auto settings = parse_settings(text, "f");
  ASSERT_TRUE(settings) << join(settings.error(), "\n");
  EXPECT_EQ(settings->extract, fetcher::ExtractLimits());
  for (const auto rows : {fetcher::fetch_setting_rows(), fetcher::cache_setting_rows()}) {
    for (const auto& row : rows) EXPECT_EQ(row.text(*settings), row.text(Settings()));
  }
}

TEST(SampleSettings, SayNothingAsTheyAre) {
  expect_defaults(sample_settings());
  EXPECT_EQ(sample_settings().find("\nmax_"), std::string::npos);
}

TEST(SampleSettings, NameEveryKeyWithItsDefault) {
  expect_defaults(uncommented());
  for (const Key& key : all_keys()) {
    EXPECT_THAT(part_of(uncommented(), key.table), HasSubstr(cat('\n', key.name, " = ")))
        << "named, so no default by absence";
  }
}

TEST(SampleSettings, HaveLinesOfAHundredColumns) {
  std::istringstream in(sample_settings());
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(SettingsPart, ListsEveryKeyWithItsDefaultAsTheSampleHasIt) {
  for (const Key& key : all_keys()) {
    const std::string table = part_of(uncommented(), key.table);
    const std::size_t at = table.find(cat('\n', key.name, " = ")) + key.name.size() + 4;
    const std::string value = table.substr(at, table.find('\n', at) - at);
    EXPECT_THAT(settings_part(key.table),
                HasSubstr(cat('*', escaped(key.name), "* = ", escaped(value), "\n\t")));
  }
}

TEST(SettingsPart, NamesTheOptionThatTakesAKeysPlace) {
  EXPECT_THAT(settings_part("fetch"), HasSubstr("For one launch: *--stall-timeout*."));
  EXPECT_THAT(settings_part("cache"), HasSubstr("For one launch: *--materialize*."));
  EXPECT_THAT(settings_part("cache"), Not(HasSubstr("--max-size"))) << "that is one URI's";
  EXPECT_EQ(settings_part("none"), "");
}

bool takes(const Key& key, std::string_view value) {
  return parse_settings(cat('[', key.table, "]\n", key.name, " = ", value, '\n'), "f").has_value();
}

// What a range says is what the file's reader takes; nothing where the range is in words.
struct Bounds {
  std::string_view range;
  std::vector<std::string_view> inside;
  std::vector<std::string_view> outside;
};
const Bounds kBounds[] = {
    {"1 to 64", {"1", "64"}, {"0", "65"}},
    {"0 to 100", {"0", "100"}, {"101"}},
    {"1 to 4096", {"1", "4096"}, {"0", "4097"}},
    {"1 or more", {"1", "1000000"}, {"0"}},
    {"1ms to 30 days", {"\"1ms\"", "\"720h\""}, {"0", "\"721h\""}},
    {"0 to 30 days", {"0", "\"720h\""}, {"\"721h\""}},
    {"a size, or auto", {"0", "\"auto\"", "\"5M\""}, {"\"none\""}},
    {"true or false", {"true", "false"}, {"1"}},
    {"", {}, {"0"}},
};

TEST(SettingsPart, EveryRangeIsTheOneThatTheFilesReaderTakes) {
  for (const Key& key : all_keys()) {
    const auto* bounds = std::ranges::find(kBounds, key.range, &Bounds::range);
    ASSERT_NE(bounds, std::end(kBounds)) << key.name << ": " << key.range;
    for (const auto value : bounds->inside) EXPECT_TRUE(takes(key, value)) << key.name << value;
    for (const auto value : bounds->outside) EXPECT_FALSE(takes(key, value)) << key.name << value;
  }
}

}  // namespace
}  // namespace slipway::manual
