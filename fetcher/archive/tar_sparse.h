// The maps of sparse files in tar: where in the file each piece of the stored data belongs. GNU
// tar's manual, "Storing Sparse Files", has the formats. Pure, and of constant size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fetcher/archive/tar_header.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// A number as pax writes it: decimal digits and nothing else, at most 2^63 - 1.
Result<std::uint64_t> pax_number(std::string_view text);

// Checks that a map says one thing only: libarchive takes its pieces in any order and leaves out
// what is not there, other readers do neither.
class SparseMap {
 public:
  // Error: a piece that overlaps with an earlier one or lies before it; numbers that overflow.
  Result<void> add(std::uint64_t offset, std::uint64_t length);
  // The "offset,numbytes,…" of format 0.1.
  Result<void> add_list(std::string_view list);
  // One number after the other: offset, numbytes and so on.
  Result<void> add_number(std::uint64_t number);

  // To be called when the map is complete. Error: half a pair, a piece beyond the file's end; data
  // of another length than the pieces have.
  Result<void> check(std::uint64_t real_size, std::uint64_t stored) const;

  [[nodiscard]] std::uint64_t pieces() const { return pieces_; }

 private:
  std::uint64_t pieces_ = 0;
  std::uint64_t end_ = 0;  // of the last piece
  std::uint64_t sum_ = 0;
  std::optional<std::uint64_t> offset_;  // of a piece whose length is still to come
};

// The old GNU format: four pieces in the header, 21 in each block that extends it.
class OldSparseMap {
 public:
  // True where a block that extends the map follows.
  Result<bool> begin(const TarHeader& header);
  Result<bool> extend(std::span<const std::byte> block);
  [[nodiscard]] const SparseMap& map() const { return map_; }

 private:
  Result<bool> add(std::string_view pieces, char is_extended);
  SparseMap map_;
};

// The format 1.0: a text in front of the data, in whole blocks: how many pieces, then the pieces,
// each number on a line.
class SparseText {
 public:
  // True where the map goes on in the next block.
  Result<bool> add(std::span<const std::byte> block);
  [[nodiscard]] const SparseMap& map() const { return map_; }

 private:
  Result<void> end_line();
  [[nodiscard]] bool is_complete() const { return numbers_left_ == 0U; }

  SparseMap map_;
  std::optional<std::uint64_t> numbers_left_;  // nothing before the first line
  std::uint64_t number_ = 0;
  bool has_digits_ = false;
};

}  // namespace slipway::fetcher
