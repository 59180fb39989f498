#include "fetcher/plan/settings.h"

#include <limits.h>

#include <algorithm>
#include <tuple>

#include "fetcher/base/automatic_size.h"
#include "fetcher/plan/setting_rows.h"
#include "fetcher/plan/setting_value.h"
#include "sandbox/base/text.h"
#include "sandbox/near_name.h"
#include "sandbox/quantity.h"
#include "sandbox/settings.h"

namespace slipway::fetcher {

namespace {

using sandbox::LineColumn;
using sandbox::Setting;
using sandbox::SettingKind;

Result<std::uint64_t> read_limit(const LimitRow& row, const Setting& setting) {
  switch (row.unit) {
    case LimitUnit::kBytes:
      return read_size(setting);
    case LimitUnit::kCount:
      return read_count(setting);
    case LimitUnit::kSeconds:
      return read_seconds(setting);
  }
  return Error("has no unit");
}

Result<void> take_limit(Settings& settings, std::size_t index, const Setting& setting) {
  const LimitRow& row = extract_limit_rows()[index];
  if (row.value == &ExtractLimits::free_space_reserve) {
    settings.extract.free_space_reserve = TRY(read_size_or_automatic(setting));
    return {};
  }
  const std::uint64_t value = TRY(not_zero(TRY(read_limit(row, setting))));
  if (row.value == &ExtractLimits::path_length && value > PATH_MAX) {
    return Error(cat(value, " is more than ", PATH_MAX, ", which the kernel takes (PATH_MAX)"));
  }
  settings.extract.*row.value = value;
  return {};
}

std::vector<std::string_view> limit_keys() {
  std::vector<std::string_view> keys;
  for (const LimitRow& row : extract_limit_rows()) keys.push_back(row.key);
  return keys;
}

template <std::span<const SettingRow> (*kRows)()>
std::vector<std::string_view> keys_of() {
  std::vector<std::string_view> keys;
  for (const SettingRow& row : kRows()) keys.push_back(row.key);
  return keys;
}

template <std::span<const SettingRow> (*kRows)()>
Result<void> take_setting(Settings& settings, std::size_t index, const Setting& setting) {
  return kRows()[index].take(settings, setting);
}

// A table of the file: the names of its keys, and what takes the value of one of them.
struct TableRow {
  std::string_view name;
  std::vector<std::string_view> (*keys)();
  Result<void> (*take)(Settings& settings, std::size_t key, const Setting& setting);
};

constexpr TableRow kTables[] = {
    {"fetch", &keys_of<fetch_setting_rows>, &take_setting<fetch_setting_rows>},
    {"cache", &keys_of<cache_setting_rows>, &take_setting<cache_setting_rows>},
    {"extract", &limit_keys, &take_limit},
};

std::string names_of(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += cat(out.empty() ? "" : ", ", name);
  return out;
}

// "did you mean 'x'?", else what there is.
std::string proposal(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = near_name(word, known)) return cat("did you mean ", quote(*near), '?');
  return cat("there is: ", names_of(known));
}

struct Finding {
  LineColumn at;
  std::string what;
};

class Reader {
 public:
  void read(const std::vector<Setting>& file) {
    for (const Setting& each : file) read_table(each);
    std::ranges::stable_sort(
        findings, {}, [](const Finding& each) { return std::tuple(each.at.line, each.at.column); });
  }

  Settings settings;
  std::vector<Finding> findings;

 private:
  void read_table(const Setting& table) {
    const auto* row = std::ranges::find(kTables, table.key, &TableRow::name);
    if (row == std::end(kTables)) return tell_unknown(table);
    if (table.kind != SettingKind::kTable) {
      findings.push_back({table.value_at, cat(escape(table.key), ": is ", name_of(table.kind),
                                              "; a table is expected")});
      return;
    }
    const auto known = row->keys();
    for (const Setting& each : table.keys) read_key(*row, known, each);
  }

  void read_key(const TableRow& table, std::span<const std::string_view> known,
                const Setting& setting) {
    const std::string name = cat('[', table.name, "] ", escape(setting.key), ": ");
    const auto found = std::ranges::find(known, setting.key);
    if (found == known.end()) {
      findings.push_back(
          {setting.key_at, cat(name, "unknown key, ", proposal(setting.key, known))});
      return;
    }
    const auto index = static_cast<std::size_t>(found - known.begin());
    if (auto taken = table.take(settings, index, setting); !taken) {
      const std::string& remedy = taken.error().remedy();
      findings.push_back({setting.value_at,
                          cat(name, taken.error().message(), remedy.empty() ? "" : ", ", remedy)});
    }
  }

  void tell_unknown(const Setting& setting) {
    std::vector<std::string_view> tables;
    for (const TableRow& row : kTables) tables.push_back(row.name);
    if (setting.kind == SettingKind::kTable) {
      findings.push_back({setting.key_at, cat('[', escape(setting.key), "]: unknown table, ",
                                              proposal(setting.key, tables))});
      return;
    }
    findings.push_back({setting.key_at, cat(escape(setting.key), ": a key outside of all tables; ",
                                            "the tables are: ", names_of(tables))});
  }
};

std::string line_of(const std::string& file, const LineColumn& at, std::string_view what) {
  return cat(file, ':', at.line, ':', at.column, ": ", what);
}

// What the reader of TOML says of 5M.
std::string_view remedy_of_number(std::string_view what) {
  const bool has_unit = what.find("integer: expected digit, saw") != std::string_view::npos;
  return has_unit ? " (with a unit it is written in quotes: \"1GiB\", \"90s\")" : "";
}

}  // namespace

Result<Settings, std::vector<std::string>> parse_settings(std::string_view text,
                                                          const std::string& file) {
  const auto parsed = sandbox::parse_toml(text);
  if (!parsed) {
    const auto& [at, what] = parsed.error();
    return std::vector{line_of(file, at, cat("not TOML: ", what, remedy_of_number(what)))};
  }
  Reader reader;
  reader.read(*parsed);
  if (reader.findings.empty()) {
    reader.settings.source = file;
    return std::move(reader.settings);
  }
  std::vector<std::string> problems;
  for (const Finding& each : reader.findings) {
    problems.push_back(line_of(file, each.at, each.what));
  }
  return problems;
}

std::string limit_text(const LimitRow& row, const ExtractLimits& limits) {
  const std::uint64_t value = limits.*row.value;
  if (row.value == &ExtractLimits::free_space_reserve && value == kAutomaticSize) {
    return std::string(kAutomaticWord);
  }
  switch (row.unit) {
    case LimitUnit::kBytes:
      return size_text(value);
    case LimitUnit::kSeconds:
      return cat(value, 's');
    case LimitUnit::kCount:
      break;
  }
  return cat(value);
}

}  // namespace slipway::fetcher
