// The keys of the settings file that concern fetching and the cache: one row each, from which the
// file is read, the defaults are shown, and slipway.toml(5) and the sample file are made. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fetcher/plan/settings.h"
#include "sandbox/settings.h"

namespace slipway::fetcher {

struct SettingRow {
  std::string_view key;
  std::string_view meaning;  // sentences for people, in plain words
  std::string_view range;    // "1 to 64"; empty where the meaning says it all
  Result<void> (*take)(Settings& settings, const sandbox::Setting& setting);
  std::string (*text)(const Settings& settings);  // as the file has it
};

std::span<const SettingRow> fetch_setting_rows();  // [fetch]
std::span<const SettingRow> cache_setting_rows();  // [cache]

}  // namespace slipway::fetcher
