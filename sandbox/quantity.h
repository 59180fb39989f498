// Quantities as people write them, on a command line or in the settings file. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway {

// "2" and "2s": seconds; "500ms", "1m", "1h". At most about 146 years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// As parse_duration() reads it: "500ms", "5s".
std::string duration_text(std::chrono::milliseconds duration);

// Bytes: "5000000"; "5K", "5M", "5G", "5T": powers of 1000; "5KiB" … "5TiB": powers of 1024. No
// blank, no sign, no fraction. At most INT64_MAX, which no file exceeds (off_t).
Result<std::uint64_t> parse_size(std::string_view text);

// As parse_size() reads it, with the largest unit that leaves a whole number: "100GiB", "5M", "7".
std::string size_text(std::uint64_t bytes);

// For people, rounded down: bytes below 10 000 of them, kB below 10 000, MB. "17 bytes", "1607 kB",
// "12 MB".
std::string rough_size(std::uint64_t bytes);

// For people: "1.234 s".
std::string seconds_text(std::chrono::nanoseconds time);

}  // namespace slipway
