// slipway.toml: what is accepted is within its limits, and written out it is accepted again.
#include <cstdint>

#include "fetcher/plan/setting_rows.h"
#include "fetcher/plan/settings.h"
#include "sandbox/base/text.h"
#include "sandbox/environment.h"
#include "sandbox/quantity.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using fetcher::Settings;

// As a basic string of TOML.
std::string quoted(const std::string& text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte != 0x7f && c != '"' && c != '\\';
    out += plain ? std::string(1, c) : cat("\\u00", kHex[byte >> 4], kHex[byte & 15]);
  }
  return out + '"';
}

// Numbers stand bare where the key takes one.
std::string line_of(std::string_view key, const std::string& text, std::string_view range) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  const bool bare = text == "true" || text == "false" || is_number;
  return cat(key, " = ", bare && !range.empty() ? text : quoted(text), '\n');
}

std::string written(std::span<const fetcher::SettingRow> rows, const Settings& settings) {
  std::string out;
  for (const auto& row : rows) out += line_of(row.key, row.text(settings), row.range);
  return out;
}

std::string written(const Settings& settings) {
  std::string out = cat("[fetch]\n", written(fetcher::fetch_setting_rows(), settings), "[cache]\n",
                        written(fetcher::cache_setting_rows(), settings), "[extract]\n");
  for (const auto& row : fetcher::extract_limit_rows()) {
    out += line_of(row.key, fetcher::limit_text(row, settings.extract), row.range);
  }
  return out;
}

bool has_long_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    if (length > sandbox::kSettingsMaxLine) return true;
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return false;
}

void hold_sane(const Settings& settings) {
  constexpr auto kLongest = std::chrono::hours(24 * 30);
  const auto& transfers = settings.transfers;
  hold(transfers.parallel >= 1 && transfers.parallel <= 64, "parallel is within its limits");
  hold(transfers.retry.retries <= 100, "retries are within their limits");
  hold(transfers.limits.stall.count() >= 1 && transfers.limits.stall <= kLongest, "so is patience");
  hold(transfers.limits.max_bytes >= 1, "something is let through");
  hold(settings.extract.entries >= 1 && settings.extract.path_length <= 4096, "of archives too");
  for (const std::string* path : {&settings.netrc_file, &settings.headers_dir,
                                  &settings.frameworks_home, &transfers.network.ca}) {
    hold(path->empty() || path->front() == '/', "a path is absolute");
    hold(path->find('\0') == std::string::npos, "a path is not cut");
  }
}

void hold_quantities(std::string_view text) {
  if (const auto bytes = parse_size(text)) hold(*parse_size(size_text(*bytes)) == *bytes, "a size");
  if (const auto time = parse_duration(text)) {
    hold(*parse_duration(duration_text(*time)) == *time, "a duration is what it says");
  }
  const auto variables = sandbox::parse_env_file(text);
  if (!variables) return;
  for (const auto& each : *variables) {
    hold(!each.name.empty() && each.name.find('=') == std::string::npos, "a variable has a name");
    hold((each.name + each.value).find('\0') == std::string::npos, "a variable is not cut");
  }
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  hold_quantities(text);
  const auto settings = fetcher::parse_settings(text, "s.toml");
  if (!settings) {
    hold(!settings.error().empty(), "a refusal has a reason");
    for (const std::string& each : settings.error()) hold_one_line(each, "a problem is one line");
    return;
  }
  hold_sane(*settings);
  const std::string once = written(*settings);
  if (has_long_line(once)) return;  // which no file may have
  const auto again = fetcher::parse_settings(once, "s.toml");
  hold(again.has_value(), "settings that are shown can be read");
  hold(written(*again) == once, "settings that are shown are the settings");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
