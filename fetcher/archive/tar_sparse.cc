#include "fetcher/archive/tar_sparse.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kPieceBytes = 24;  // two number fields
constexpr std::size_t kFieldBytes = 12;
constexpr std::size_t kInHeader = 4;
constexpr std::size_t kInExtension = 21;
constexpr std::uint64_t kLargest = INT64_MAX;

Error no_number() {
  return Error("a number of its pax header or sparse map is none or too large");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// False where the number becomes too large.
bool add_digit(std::uint64_t& number, char digit) {
  const auto value = static_cast<std::uint64_t>(digit - '0');
  if (number > (kLargest - value) / 10) return false;
  number = number * 10 + value;
  return true;
}

}  // namespace

Result<std::uint64_t> pax_number(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty()) return no_number();
  for (const char digit : text) {
    if (!is_digit(digit) || !add_digit(number, digit)) return no_number();
  }
  return number;
}

Result<void> SparseMap::add(std::uint64_t offset, std::uint64_t length) {
  if (offset < end_) return Error("the pieces of its sparse map overlap or go back");
  if (offset > kLargest || length > kLargest - offset) return no_number();
  end_ = offset + length;
  sum_ += length;  // never over end_
  ++pieces_;
  return {};
}

Result<void> SparseMap::add_list(std::string_view list) {
  for (;;) {
    const std::size_t comma = std::min(list.find(','), list.size());
    TRY(add_number(TRY(pax_number(list.substr(0, comma)))));
    if (comma == list.size()) return {};
    list.remove_prefix(comma + 1);
  }
}

Result<void> SparseMap::add_number(std::uint64_t number) {
  if (!offset_) {
    offset_ = number;
    return {};
  }
  TRY(add(*offset_, number));
  offset_.reset();
  return {};
}

Result<void> SparseMap::check(std::uint64_t real_size, std::uint64_t stored) const {
  if (offset_) return Error("its sparse map ends within a pair");
  if (end_ > real_size) {
    return Error(cat("its sparse map reaches to ", end_, ", beyond its size of ", real_size));
  }
  if (sum_ == stored) return {};
  return Error(cat("its sparse map places ", sum_, " bytes, its data are ", stored));
}

Result<bool> OldSparseMap::begin(const TarHeader& header) {
  return add(header.field(386, kInHeader * kPieceBytes), header.field(482, 1)[0]);
}

Result<bool> OldSparseMap::extend(std::span<const std::byte> block) {
  const TarHeader extension(block);
  return add(extension.field(0, kInExtension * kPieceBytes),
             extension.field(kInExtension * kPieceBytes, 1)[0]);
}

// To libarchive a field of NULs ends the map where it is an offset, to GNU tar where it is a
// length; and only libarchive reads extensions of a map that ended before.
Result<bool> OldSparseMap::add(std::string_view pieces, char is_extended) {
  for (; !pieces.empty(); pieces.remove_prefix(kPieceBytes)) {
    const std::string_view offset = pieces.substr(0, kFieldBytes);
    const std::string_view length = pieces.substr(kFieldBytes, kFieldBytes);
    if ((offset[0] == '\0') != (length[0] == '\0')) return Error("its sparse map has half a pair");
    if (offset[0] == '\0') break;
    TRY(map_.add(TRY(tar_number(offset)), TRY(tar_number(length))));
  }
  if (is_extended == '\0') return false;
  if (!pieces.empty()) return Error("its sparse map ends and goes on");
  return true;
}

Result<bool> SparseText::add(std::span<const std::byte> block) {
  for (const std::byte byte : block) {
    const char c = std::to_integer<char>(byte);
    if (is_complete()) break;  // the rest of the block is padding
    if (c == '\n') {
      TRY(end_line());
    } else if (!is_digit(c) || !add_digit(number_, c)) {
      return no_number();
    } else {
      has_digits_ = true;
    }
  }
  return !is_complete();
}

Result<void> SparseText::end_line() {
  if (!has_digits_) return no_number();
  if (!numbers_left_) {
    if (number_ > kLargest / 2) return no_number();
    numbers_left_ = number_ * 2;
  } else {
    TRY(map_.add_number(number_));
    --*numbers_left_;
  }
  number_ = 0;
  has_digits_ = false;
  return {};
}

}  // namespace slipway::fetcher
