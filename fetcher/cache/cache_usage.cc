#include "fetcher/cache/cache_usage.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

#include "fetcher/base/boot.h"
#include "fetcher/cache/cache_lock.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr char kName[] = "usage";
// Its holder works for microseconds, or beats.
constexpr std::chrono::milliseconds kPatience{2'000};
constexpr std::uint64_t kDay = 24 * 60 * 60;  // seconds

// "BYTES SECONDS BOOT\n", numbers of 20 digits: always the same length, so that one write replaces
// it.
constexpr std::size_t kDigits = 20;
constexpr std::size_t kBootLength = 36;
constexpr std::size_t kLength = kDigits + 1 + kDigits + 1 + kBootLength + 1;

std::string padded(std::uint64_t number) {
  const std::string digits = cat(number);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Where the kernel does not say, every boot is the same: the walk of the day puts it right.
std::string this_boot() {
  const auto boot = boot_id();
  return boot ? *boot : std::string(kBootLength, '-');
}

std::uint64_t now() {
  return static_cast<std::uint64_t>(since_boot().count());
}

}  // namespace

Result<std::optional<CacheUsage>> CacheUsage::lock(const CacheDirectory& directory,
                                                   const std::function<void()>& waiting) {
  auto file =
      TRY(wait_for_lock(directory, kName, "", kPatience, waiting).context("the cache's usage"));
  if (file) return std::optional(CacheUsage(*std::move(file)));
  // Somebody was stopped while holding it. What that one writes later goes to a file without name.
  TRY(directory.remove(kName));
  return std::optional<CacheUsage>();
}

std::optional<std::uint64_t> CacheUsage::read() {
  std::array<std::byte, kLength + 1> bytes{};
  const auto count = sys::read_at(file_.get(), bytes, 0);
  if (!count || *count != kLength) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), kLength);
  const auto total = number_in(text.substr(0, kDigits));
  const auto counted_at = number_in(text.substr(kDigits + 1, kDigits));
  if (!total || !counted_at || text.substr(2 * (kDigits + 1), kBootLength) != this_boot()) {
    return std::nullopt;
  }
  if (now() < *counted_at || now() - *counted_at > kDay) return std::nullopt;
  counted_at_ = *counted_at;
  return total;
}

Result<void> CacheUsage::write_counted(std::uint64_t bytes) {
  counted_at_ = now();
  return write(bytes);
}

Result<void> CacheUsage::write(std::uint64_t bytes) {
  const std::string text = cat(padded(bytes), ' ', padded(counted_at_), ' ', this_boot(), '\n');
  return sys::write_all_at(file_.get(), std::as_bytes(std::span(text)), 0);
}

bool CacheUsage::is_present(const CacheDirectory& directory) const {
  const auto same = directory.names_file(kName, file_.get());
  return same && *same;
}

void CacheUsage::forget(const CacheDirectory& directory) {
  (void)directory.remove(kName).has_value();
}

void CacheUsage::beat() const noexcept {
  show_life(file_.get());
}

}  // namespace slipway::fetcher
