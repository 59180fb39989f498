// A settings file (TOML 1.0) as a table of tables of scalars that remembers where each stands. What
// its keys mean is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"
#include "sandbox/json.h"

namespace slipway::sandbox {

enum class SettingKind { kString, kInteger, kBoolean, kReal, kTime, kArray, kTable };

// "a string", "a table" …: for messages.
std::string_view name_of(SettingKind kind);

struct Setting {
  std::string key;
  LineColumn key_at;
  LineColumn value_at;
  SettingKind kind = SettingKind::kTable;
  std::string text = {};           // kString
  std::int64_t integer = 0;        // kInteger
  bool boolean = false;            // kBoolean
  std::vector<Setting> keys = {};  // kTable, in the order of the text; deeper ones have none
};

// Where and why the text is not TOML; a key or table that occurs twice is such a reason.
struct SettingsError {
  LineColumn at;
  std::string what;
};

inline constexpr std::size_t kSettingsMaxBytes = std::size_t{1} << 20;
inline constexpr std::size_t kSettingsMaxLine = 4096;  // bytes

// The text of a regular file of at most kSettingsMaxBytes, with the caller's rights; waits for
// nobody. Error::is(no_such_file_or_directory) where there is none.
Result<std::string> read_settings_file(const std::string& path);

// What stands at the top of the file, in the order of the text. Pure.
Result<std::vector<Setting>, SettingsError> parse_toml(std::string_view text);

}  // namespace slipway::sandbox
