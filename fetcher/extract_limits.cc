#include "fetcher/extract_limits.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Small archives of very regular content reach high ratios honestly.
constexpr std::uint64_t kRatioFrom = std::uint64_t{64} << 20;

}  // namespace

Error over_limit(std::string_view what, std::string_view limit, std::uint64_t value) {
  return Error(cat(what, ": over the extraction limit '", limit, "' of ", value))
      .hint(
          "an archive that can be trusted can be unpacked by the executor: set \"extract\": false");
}

Budget::Budget(const ExtractLimits& limits) : limits_(limits) {
  // A year is for ever; more would overflow the clock.
  const std::uint64_t seconds = std::min<std::uint64_t>(limits.seconds, 365 * 86400);
  deadline_ = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
}

Result<void> Budget::add_entry() {
  if (spent_.entries >= limits_.entries) {
    return over_limit("too many members and directories", "entries", limits_.entries);
  }
  ++spent_.entries;
  return check_time();
}

Result<void> Budget::add_bytes(std::uint64_t count) {
  if (count > limits_.bytes - spent_.bytes) {
    return over_limit("its files are too large together", "bytes", limits_.bytes);
  }
  spent_.bytes += count;
  return {};
}

Result<void> Budget::add_decoded(std::uint64_t produced, std::uint64_t consumed) {
  produced_ += produced;
  consumed_ += consumed;
  const std::uint64_t ratio = std::max<std::uint64_t>(limits_.ratio, 1);
  if (produced_ > kRatioFrom && produced_ / ratio > consumed_) {
    return over_limit(cat(consumed_, " compressed bytes became ", produced_), "ratio",
                      limits_.ratio);
  }
  return check_time();
}

Result<void> Budget::check_time() const {
  if (std::chrono::steady_clock::now() < deadline_) return {};
  return over_limit("it takes too long", "seconds", limits_.seconds);
}

}  // namespace slipway::fetcher
