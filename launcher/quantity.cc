#include "launcher/quantity.h"

#include <charconv>
#include <cstdint>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  if (parsed.ec == std::errc() && number >= 0) {
    for (const Unit& each : kUnits) {
      std::int64_t product = 0;
      if (each.name == unit && !__builtin_mul_overflow(number, each.milliseconds, &product)) {
        return std::chrono::milliseconds(product);
      }
    }
  }
  return Error(cat(quote(text), " is not a duration like 2, 2s, 500ms, 1m or 1h"));
}

std::string text_of(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? cat(count / 1000, 's') : cat(count, "ms");
}

}  // namespace slipway::launcher
