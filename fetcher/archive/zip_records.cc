#include "fetcher/archive/zip_records.h"

#include <algorithm>
#include <chrono>

#include "fetcher/archive/member_name.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

template <class Number>
Number little_endian(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<Number>(value);
}

constexpr std::uint16_t kZip64Extra = 0x0001;
constexpr std::uint16_t kTimestampExtra = 0x5455;
constexpr std::uint16_t kUnicodePathExtra = 0x7075;

// Version, CRC of the plain name, then the name in UTF-8.
constexpr std::size_t kUnicodePathHead = 5;

Result<void> take_field(std::uint16_t id, std::string_view data, std::string_view name,
                        ZipExtra& found) {
  switch (id) {
    case kZip64Extra:
      if (found.zip64) return Error("damaged: two zip64 fields");
      found.zip64 = data;
      return {};
    case kTimestampExtra:
      // Bit 0 of the first byte: a modification time follows.
      if (data.size() >= 5 && (data[0] & 1) != 0) {
        found.modified = static_cast<std::int32_t>(le32(data, 1));
      }
      return {};
    case kUnicodePathExtra:
      if (data.size() < kUnicodePathHead || data.substr(kUnicodePathHead) != name) {
        return Error(cat("has two names, the other one is ",
                         quote_member(data.substr(std::min(data.size(), kUnicodePathHead)))));
      }
      return {};
    default:
      return {};
  }
}

}  // namespace

std::uint16_t le16(std::string_view bytes, std::size_t at) {
  return little_endian<std::uint16_t>(bytes, at);
}
std::uint32_t le32(std::string_view bytes, std::size_t at) {
  return little_endian<std::uint32_t>(bytes, at);
}
std::uint64_t le64(std::string_view bytes, std::size_t at) {
  return little_endian<std::uint64_t>(bytes, at);
}

Result<std::string> read_exactly(int file, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const auto room = std::as_writable_bytes(std::span(bytes)).subspan(filled);
    const std::size_t count = TRY(sys::read_at(file, room, offset + filled));
    if (count == 0) return Error("cut: the archive ends inside a record");
    filled += count;
  }
  return bytes;
}

Result<ZipExtra> parse_zip_extra(std::string_view extra, std::string_view name) {
  ZipExtra found;
  while (extra.size() >= 4) {
    const std::uint16_t id = le16(extra, 0);
    const std::size_t length = le16(extra, 2);
    if (length > extra.size() - 4) return Error("damaged: an extra field is too long");
    TRY(take_field(id, extra.substr(4, length), name, found));
    extra.remove_prefix(4 + length);
  }
  if (extra.find_first_not_of('\0') != std::string_view::npos) {
    return Error("damaged: bytes follow the extra fields");
  }
  return found;
}

std::int64_t from_dos_time(std::uint16_t date, std::uint16_t time) {
  using namespace std::chrono;
  const year_month_day day(year(1980 + (date >> 9)), month((date >> 5) & 15U),
                           std::chrono::day(date & 31U));
  // "No date" is written as zeros: month 0 and day 0 do not exist.
  if (!day.ok()) return 315532800;  // 1980-01-01
  const auto clock = hours(time >> 11) + minutes((time >> 5) & 63) + seconds((time & 31) * 2);
  return (sys_days(day).time_since_epoch() + clock) / seconds(1);
}

}  // namespace slipway::fetcher
