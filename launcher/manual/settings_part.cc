#include "launcher/manual/settings_part.h"

#include <algorithm>
#include <vector>

#include "fetcher/plan/setting_rows.h"
#include "fetcher/plan/settings.h"
#include "launcher/command/cli_options.h"
#include "launcher/manual/scdoc.h"
#include "sandbox/base/text.h"

namespace slipway::manual {

namespace {

struct Key {
  std::string_view name;
  std::string usual;  // as the file has it
  std::string_view meaning;
  std::string_view range;
};

// Numbers and booleans stand bare in TOML, everything else is a string here.
std::string as_toml(const std::string& value) {
  const bool number =
      !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  return number || value == "true" || value == "false" ? value : cat('"', value, '"');
}

std::vector<Key> keys_of(std::span<const fetcher::SettingRow> rows) {
  const fetcher::Settings usual;
  std::vector<Key> keys;
  for (const fetcher::SettingRow& row : rows) {
    keys.push_back({row.key, as_toml(row.text(usual)), row.meaning, row.range});
  }
  return keys;
}

std::vector<Key> fetch_keys() {
  return keys_of(fetcher::fetch_setting_rows());
}

std::vector<Key> cache_keys() {
  return keys_of(fetcher::cache_setting_rows());
}

std::vector<Key> extract_keys() {
  const fetcher::ExtractLimits usual;
  std::vector<Key> keys;
  for (const fetcher::LimitRow& row : fetcher::extract_limit_rows()) {
    keys.push_back({row.key, as_toml(limit_text(row, usual)), row.meaning, row.range});
  }
  return keys;
}

struct Table {
  std::string_view name;
  std::string_view meaning;
  std::vector<Key> (*keys)();
};
constexpr Table kTables[] = {
    {"fetch", "How URIs are fetched.", &fetch_keys},
    {"cache", "The cache of each user.", &cache_keys},
    {"extract", "What the unpacking of one archive may cost. All limits are always on.",
     &extract_keys},
};

// The option of the command line that takes the key's place for one launch: it has the key's name.
// But --max-size is one URI's, not the cache's.
std::string option_for(std::string_view table, std::string_view key) {
  if (table == "cache" && key == "max_size") return {};
  std::string name = cat("--", key);
  std::ranges::replace(name, '_', '-');
  const auto rows = launcher::option_rows();
  const bool found = std::ranges::any_of(rows, [&](const auto& row) { return row.names == name; });
  return found ? name : std::string();
}

// The text in comments of a hundred columns.
std::string comment(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::string out;
  std::string line = "#";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (line.size() + 1 + end > kWidth) {
      out += line + '\n';
      line.resize(1);
    }
    line += cat(' ', text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + line + '\n';
}

}  // namespace

std::string settings_part(std::string_view table) {
  const auto* found = std::ranges::find(kTables, table, &Table::name);
  if (found == std::end(kTables)) return {};
  std::string out = cat(escaped(found->meaning), "\n\n");
  for (const Key& key : found->keys()) {
    std::string text = escaped(key.meaning);
    if (!key.range.empty()) text += cat("\nRange: ", escaped(key.range), '.');
    const std::string option = option_for(table, key.name);
    if (!option.empty()) text += cat("\nFor one launch: ", bold(option), '.');
    out += definition(cat(bold(key.name), " = ", escaped(key.usual)), text);
  }
  return out;
}

std::string sample_settings() {
  std::string out =
      "# Settings of slipway for this host: copied to /etc/slipway/slipway.toml, or named by\n"
      "# --settings, they hold for every launch. Each key stands here with its default;\n"
      "# slipway.toml(5) says more. Sizes are bytes or \"5M\" (powers of 1000), \"10GiB\" (powers "
      "of\n"
      "# 1024); times are seconds or \"90s\", \"1h\".\n";
  for (const Table& table : kTables) {
    out += cat('\n', comment(table.meaning), '[', table.name, "]\n");
    for (const Key& key : table.keys()) {
      std::string text(key.meaning);
      if (!key.range.empty()) text += cat(" Range: ", key.range, '.');
      const std::string option = option_for(table.name, key.name);
      if (!option.empty()) text += cat(" For one launch: ", option, '.');
      out += cat('\n', comment(text), '#', key.name, " = ", key.usual, '\n');
    }
  }
  return out;
}

}  // namespace slipway::manual
