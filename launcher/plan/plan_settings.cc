#include "launcher/plan/plan_settings.h"

#include "fetcher/plan/setting_rows.h"
#include "fetcher/plan/uri.h"

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
  if (key == "materialize" && options.materialize) return "--materialize";
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
  if (options.materialize) out.materialize = *options.materialize;
  if (options.max_size) transfers.limits.max_bytes = *options.max_size;
  return out;
}

std::vector<ShownSetting> settings_that_count(const Options& options,
                                              const fetcher::Settings& settings,
                                              const fetcher::FetchPlan& fetch) {
  const fetcher::Settings force = settings_in_force(options, settings);
  const fetcher::Settings usual;
  std::vector<ShownSetting> out;
  const auto add = [&](std::string_view table, std::string_view key, std::string value,
                       std::string of_old, std::string_view option) {
    std::string from;
    if (!option.empty()) {
      from = option;
    } else if (value != of_old) {
      from = settings.source;
    }
    out.push_back({table, key, std::move(value), std::move(of_old), std::move(from)});
  };
  if (fetch.steps.empty()) return out;
  for (const auto& row : fetcher::fetch_setting_rows()) {
    add("fetch", row.key, shown(row.key, row.text(force)), shown(row.key, row.text(usual)),
        option_for(row.key, options));
  }
  if (fetcher::uses_cache(fetch)) {
    for (const auto& row : fetcher::cache_setting_rows()) {
      // [fetch] has a max_size of its own, which is what the option of that name is about.
      const bool has_option = row.key != "max_size";
      add("cache", row.key, row.text(force), row.text(usual),
          has_option ? option_for(row.key, options) : "");
    }
  }
  if (fetcher::extracts(fetch)) {
    for (const auto& row : fetcher::extract_limit_rows()) {
      add("extract", row.key, limit_text(row, force.extract), limit_text(row, usual.extract), "");
    }
  }
  return out;
}

}  // namespace slipway::launcher
