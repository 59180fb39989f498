#include "sandbox/quantity.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "sandbox/base/text.h"

namespace slipway {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
// Larger ones first.
constexpr SizeUnit kSizeUnits[] = {
    {"TiB", std::uint64_t{1} << 40},
    {"T", 1'000'000'000'000},
    {"GiB", std::uint64_t{1} << 30},
    {"G", 1'000'000'000},
    {"MiB", std::uint64_t{1} << 20},
    {"M", 1'000'000},
    {"KiB", std::uint64_t{1} << 10},
    {"K", 1000},
    {"", 1},
};

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  // What the clocks, which count nanoseconds, can add to a time of today.
  constexpr std::int64_t kMost =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds::max() / 2)
          .count();
  if (parsed.ec == std::errc() && number >= 0) {
    for (const Unit& each : kUnits) {
      std::int64_t product = 0;
      if (each.name == unit && !__builtin_mul_overflow(number, each.milliseconds, &product) &&
          product <= kMost) {
        return std::chrono::milliseconds(product);
      }
    }
  }
  return Error(cat(quote(text), " is not a duration like 2, 2s, 500ms, 1m or 1h"));
}

std::string duration_text(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? cat(count / 1000, 's') : cat(count, "ms");
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(parsed.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  const auto* unit = std::ranges::find(kSizeUnits, name, &SizeUnit::name);
  if (parsed.ec == std::errc::invalid_argument || unit == std::end(kSizeUnits)) {
    return Error(cat(quote(text), " is not a size like 5000000, 5M or 10GiB"));
  }
  std::uint64_t product = 0;
  if (parsed.ec != std::errc() || __builtin_mul_overflow(number, unit->bytes, &product) ||
      product > INT64_MAX) {
    return Error(cat(quote(text), " is more bytes than a file can have"));
  }
  return product;
}

std::string size_text(std::uint64_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) return cat(bytes / unit.bytes, unit.name);
  }
  return "0";
}

std::string rough_size(std::uint64_t bytes) {
  if (bytes == 1) return "1 byte";
  if (bytes < 10'000) return cat(bytes, " bytes");
  if (bytes < 10'000'000) return cat(bytes / 1000, " kB");
  return cat(bytes / 1'000'000, " MB");
}

std::string seconds_text(std::chrono::nanoseconds time) {
  const auto all = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  std::string fraction = cat(1000 + all % 1000);
  fraction.front() = '.';
  return cat(all / 1000, fraction, " s");
}

}  // namespace slipway
