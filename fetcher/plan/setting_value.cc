#include "fetcher/plan/setting_value.h"

#include <chrono>

#include "fetcher/base/automatic_size.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

using sandbox::Setting;
using sandbox::SettingKind;

Error other_kind(const Setting& setting, std::string_view expected) {
  return Error(cat("is ", name_of(setting.kind), "; ", expected, " is expected"));
}

Result<std::uint64_t> not_negative(const Setting& setting) {
  if (setting.integer < 0) return Error(cat(setting.integer, " is negative"));
  return static_cast<std::uint64_t>(setting.integer);
}

}  // namespace

Result<std::uint64_t> read_size(const Setting& setting) {
  if (setting.kind == SettingKind::kInteger) return not_negative(setting);
  if (setting.kind == SettingKind::kString) return parse_size(setting.text);
  return other_kind(setting, "a number of bytes or a size like \"10GiB\"");
}

Result<std::uint64_t> read_size_or_automatic(const Setting& setting) {
  if (setting.kind == SettingKind::kString && setting.text == kAutomaticWord) return kAutomaticSize;
  return read_size(setting).hint(cat("or \"", kAutomaticWord, '"'));
}

Result<std::uint64_t> not_zero(std::uint64_t value) {
  if (value == 0) return Error("0 would let nothing through; 1 is the least");
  return value;
}

Result<std::uint64_t> read_count(const Setting& setting) {
  if (setting.kind == SettingKind::kInteger) return not_negative(setting);
  return other_kind(setting, "an integer");
}

Result<std::chrono::milliseconds> read_duration(const Setting& setting) {
  if (setting.kind == SettingKind::kInteger) {
    const auto seconds = TRY(not_negative(setting));
    return parse_duration(cat(seconds));
  }
  if (setting.kind == SettingKind::kString) return parse_duration(setting.text);
  return other_kind(setting, "a number of seconds or a duration like \"1h\"");
}

Result<std::uint64_t> read_seconds(const Setting& setting) {
  if (setting.kind == SettingKind::kInteger) return not_negative(setting);
  const auto duration = TRY(read_duration(setting));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  if (seconds != duration) return Error(cat(quote(setting.text), " is no whole number of seconds"));
  return static_cast<std::uint64_t>(seconds.count());
}

Result<std::string> read_string(const Setting& setting) {
  if (setting.kind == SettingKind::kString) return setting.text;
  return other_kind(setting, "a string");
}

Result<bool> read_boolean(const Setting& setting) {
  if (setting.kind == SettingKind::kBoolean) return setting.boolean;
  return other_kind(setting, "true or false");
}

}  // namespace slipway::fetcher
