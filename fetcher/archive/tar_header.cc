#include "fetcher/archive/tar_header.h"

#include <algorithm>
#include <optional>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::string_view kNul("\0", 1);
constexpr std::string_view kBlank(" \0", 2);

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The octal number that spaces may precede; nothing where there is none. Never over 36 bits: no
// field has more than twelve digits.
std::optional<long> octal(std::string_view text) {
  std::size_t at = std::min(text.find_first_not_of(' '), text.size());
  if (at == text.size() || !is_octal(text[at])) return std::nullopt;
  long value = 0;
  for (; at < text.size() && is_octal(text[at]); ++at) value = value * 8 + (text[at] - '0');
  return value;
}

// GNU tar writes 0x80 and the number, the most significant byte first.
Result<std::uint64_t> base_256(std::string_view field) {
  std::uint64_t value = 0;
  if (field[0] != '\x80') return Error("a number in its header is negative or too large");
  for (const char digit : field.substr(1)) {
    if (value > (INT64_MAX >> 8)) return Error("a number in its header is too large");
    value = value << 8 | static_cast<unsigned char>(digit);
  }
  return value;
}

}  // namespace

bool is_all_zeros(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool is_tar_header(std::span<const std::byte> block) {
  if (block.size() < kTarBlock) return false;
  const auto stored = octal(as_text(block.subspan(kChecksumAt, kChecksumBytes)));
  if (!stored) return false;
  // The checksum itself counts as blanks.
  long sum = long{' '} * kChecksumBytes;
  long negative = 0;
  const auto add = [&](std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
      sum += std::to_integer<long>(byte);
      negative += std::to_integer<long>(byte >> 7);
    }
  };
  add(block.first(kChecksumAt));
  add(block.subspan(kChecksumAt + kChecksumBytes, kTarBlock - kChecksumAt - kChecksumBytes));
  return *stored == sum || *stored == sum - 256 * negative;
}

// Stricter than libarchive, which takes what is no number for 0: GNU tar overlooks a NUL in front
// of the digits, and knows a base-64 that begins with a sign.
Result<std::uint64_t> tar_number(std::string_view field) {
  if ((static_cast<unsigned char>(field[0]) & 0x80U) != 0) return base_256(field);
  const std::size_t start = field.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return std::uint64_t{0};
  const auto number = octal(field);
  const std::size_t end = std::min(field.find_first_not_of("01234567", start), field.size());
  if (!number || (end < field.size() && kBlank.find(field[end]) == std::string_view::npos)) {
    return Error("a number in its header is none");
  }
  return static_cast<std::uint64_t>(*number);
}

Result<std::uint64_t> whole_blocks(std::uint64_t size) {
  if (size > INT64_MAX - kTarBlock) return Error("its size is too large for any file");
  return (size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

TarHeader::TarHeader(std::span<const std::byte> block) : text_(as_text(block.first(kTarBlock))) {}

Result<std::uint64_t> TarHeader::size() const {
  return tar_number(field(124, 12));
}

std::string TarHeader::name() const {
  const auto text = [this](std::size_t at, std::size_t length) {
    const std::string_view whole = field(at, length);
    return whole.substr(0, whole.find(kNul));
  };
  const std::string_view prefix = text(345, 155);
  if (field(257, 5) != "ustar" || is_gnu() || prefix.empty()) return std::string(text(0, 100));
  return cat(prefix, '/', text(0, 100));
}

bool TarHeader::is_gnu() const {
  return field(257, 8) == std::string_view("ustar  \0", 8);
}

}  // namespace slipway::fetcher
