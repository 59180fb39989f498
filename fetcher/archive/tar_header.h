// The fields of a tar header block that two readers could read differently. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

inline constexpr std::size_t kTarBlock = 512;

// True for a block with a correct header checksum (of unsigned or, as some old programs did it, of
// signed bytes).
bool is_tar_header(std::span<const std::byte> block);
bool is_all_zeros(std::span<const std::byte> bytes);

// The number of a header field: octal or, with the first bit set, GNU tar's base-256; 0 where the
// field is empty. Errors: anything else, a negative number, one of over 63 bits.
Result<std::uint64_t> tar_number(std::string_view field);

// `size` and what pads it to whole blocks. Error: more than 2^63 - 1.
Result<std::uint64_t> whole_blocks(std::uint64_t size);

// A block seen as a header; borrows it.
class TarHeader {
 public:
  explicit TarHeader(std::span<const std::byte> block);

  [[nodiscard]] char type() const { return text_[156]; }
  [[nodiscard]] Result<std::uint64_t> size() const;
  // The name in the header, ustar's prefix included.
  [[nodiscard]] std::string name() const;
  // As GNU tar marks its own format; old GNU sparse maps lie only in such headers.
  [[nodiscard]] bool is_gnu() const;
  [[nodiscard]] std::string_view field(std::size_t at, std::size_t length) const {
    return text_.substr(at, length);
  }

 private:
  std::string_view text_;
};

}  // namespace slipway::fetcher
