#include "launcher/plan_settings.h"

#include "fetcher/setting_rows.h"
#include "fetcher/uri.h"

namespace slipway::launcher {

namespace {

std::string shown(std::string_view key, const std::string& value) {
  return key == "proxy" ? fetcher::redact_uri(value) : value;
}

// The option that has taken the key's place, or nothing.
std::string_view option_for(std::string_view key, const Options& options) {
  if (key == "parallel" && options.parallel) return "--parallel";
  if (key == "retries" && options.retries) return "--retries";
  if (key == "stall_timeout" && options.stall_timeout) return "--stall-timeout";
  if (key == "timeout" && options.timeout) return "--timeout";
  if (key == "max_size" && options.max_size) return "--max-size";
  return "";
}

}  // namespace

fetcher::Settings settings_in_force(const Options& options, const fetcher::Settings& settings) {
  fetcher::Settings out = settings;
  fetcher::TransferSettings& transfers = out.transfers;
  if (options.parallel) transfers.parallel = *options.parallel;
  if (options.retries) transfers.retry.retries = *options.retries;
  if (options.stall_timeout) transfers.limits.stall = *options.stall_timeout;
  if (options.timeout) transfers.limits.total = *options.timeout;
  if (options.max_size) transfers.limits.max_bytes = *options.max_size;
  return out;
}

std::vector<ShownSetting> unusual_settings(const Options& options,
                                           const fetcher::Settings& settings) {
  const fetcher::Settings force = settings_in_force(options, settings);
  const fetcher::Settings usual;
  std::vector<ShownSetting> out;
  const auto add = [&](std::string_view table, std::span<const fetcher::SettingRow> rows) {
    for (const fetcher::SettingRow& row : rows) {
      const std::string value = row.text(force);
      if (value == row.text(usual)) continue;
      const std::string_view option = table == "fetch" ? option_for(row.key, options) : "";
      out.push_back({table, row.key, shown(row.key, value), row.text(usual),
                     std::string(option.empty() ? settings.source : option)});
    }
  };
  add("fetch", fetcher::fetch_setting_rows());
  add("cache", fetcher::cache_setting_rows());
  return out;
}

}  // namespace slipway::launcher
