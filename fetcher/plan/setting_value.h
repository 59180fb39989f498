// The values that keys of the settings file have. Errors say what the value is and what is
// expected: "is a boolean; an integer is expected". Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"
#include "sandbox/settings.h"

namespace slipway::fetcher {

// Bytes: an integer, or a string that parse_size() takes.
Result<std::uint64_t> read_size(const sandbox::Setting& setting);
inline constexpr std::string_view kAutomaticWord = "auto";
// Of bytes, or kAutomaticSize for the word "auto".
Result<std::uint64_t> read_size_or_automatic(const sandbox::Setting& setting);
// The value; an error for 0, of what must let something through.
Result<std::uint64_t> not_zero(std::uint64_t value);
Result<std::uint64_t> read_count(const sandbox::Setting& setting);
// Whole seconds: an integer, or a string that parse_duration() takes.
Result<std::uint64_t> read_seconds(const sandbox::Setting& setting);
// Seconds, or a string that parse_duration() takes.
Result<std::chrono::milliseconds> read_duration(const sandbox::Setting& setting);
Result<std::string> read_string(const sandbox::Setting& setting);
Result<bool> read_boolean(const sandbox::Setting& setting);

}  // namespace slipway::fetcher
