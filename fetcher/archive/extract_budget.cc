#include "fetcher/archive/extract_budget.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Small archives of very regular content reach high ratios honestly.
constexpr std::uint64_t kRatioFrom = std::uint64_t{64} << 20;
// How much is written between two looks at the free space, and how many entries are made.
constexpr std::uint64_t kLookAfterBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kLookAfterEntries = 4096;

std::chrono::steady_clock::time_point deadline_of(const ExtractLimits& limits) {
  // A year is for ever; more would overflow the clock.
  const std::uint64_t seconds = std::min<std::uint64_t>(limits.seconds, 365 * 86400);
  return std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
}

}  // namespace

Budget::Budget(const ExtractLimits& limits, int directory, const Arrival* arrival,
               std::function<void()> progress)
    : limits_(limits),
      directory_(directory),
      arrival_(arrival),
      progress_(std::move(progress)),
      deadline_(deadline_of(limits) - waited()) {}

// Of the disk an entry takes a block or so more than its bytes, which counts where the cache's
// limit, which is of the disk, does.
std::uint64_t Budget::most_bytes() const {
  constexpr std::uint64_t kEntryBytes = 4096;
  const std::uint64_t cache = limits_.cache_bytes.value_or(UINT64_MAX);
  return std::min(limits_.bytes, cache - std::min(cache, entries_ * kEntryBytes));
}

Result<void> Budget::add_entry() {
  show_progress();
  const std::uint64_t now = ++entries_;
  if (now > limits_.entries) {
    return over_limit("too many members and directories", &ExtractLimits::entries, limits_.entries);
  }
  if (limits_.cache_bytes && bytes_ > most_bytes()) return too_large(0);
  if (now % kLookAfterEntries == 0) TRY(check_free_space());
  return check_time();
}

Result<void> Budget::add_bytes(std::uint64_t count) {
  show_progress();
  std::uint64_t before = bytes_;
  do {
    const std::uint64_t most = most_bytes();
    if (before > most || count > most - before) return too_large(before + count);
  } while (!bytes_.compare_exchange_weak(before, before + count));
  if (before / kLookAfterBytes == (before + count) / kLookAfterBytes) return {};
  return check_free_space();
}

// Where only the cache is too small the error is file_too_large: there are other places.
Error Budget::too_large(std::uint64_t bytes) const {
  if (bytes > limits_.bytes) {
    return over_limit("its files are too large together", &ExtractLimits::bytes, limits_.bytes);
  }
  return {std::make_error_code(std::errc::file_too_large),
          cat("its files are larger together than what the cache can hold (", *limits_.cache_bytes,
              ")")};
}

Result<void> Budget::add_decoded(std::uint64_t produced, std::uint64_t consumed) {
  show_progress();
  const std::uint64_t in = consumed_ += consumed;
  const std::uint64_t out = produced_ += produced;
  const std::uint64_t ratio = std::max<std::uint64_t>(limits_.ratio, 1);
  if (out > kRatioFrom && out / ratio > in) {
    return over_limit(cat(in, " compressed bytes became ", out), &ExtractLimits::ratio,
                      limits_.ratio);
  }
  return check_time();
}

Result<void> Budget::tick() const {
  show_progress();
  return check_time();
}

std::chrono::nanoseconds Budget::waited() const {
  return arrival_ != nullptr ? arrival_->waited() : std::chrono::nanoseconds(0);
}

void Budget::show_progress() const {
  if (progress_) progress_();
}

Result<void> Budget::check_time() const {
  if (std::chrono::steady_clock::now() < deadline_ + waited()) return {};
  return over_limit("it takes too long", &ExtractLimits::seconds, limits_.seconds);
}

Result<void> Budget::check_free_space() const {
  const auto space = TRY(sys::space_of(directory_));
  const std::uint64_t reserve = reserve_of(limits_, space.size);
  if (space.available >= reserve) return {};
  const bool cache = limits_.cache_bytes.has_value();
  return Error::system(ENOSPC, cat("only ", space.available, " bytes are free on the ",
                                   cache ? "cache" : "sandbox", "'s file system, of which the ",
                                   cache ? "cache's" : "extraction limit",
                                   " 'free_space_reserve' leaves ", reserve, " alone"))
      .hint(cat("make room there, or lower free_space_reserve under ",
                cache ? "[cache]" : "[extract]",
                " in /etc/slipway/slipway.toml or in a file for --settings"));
}

}  // namespace slipway::fetcher
