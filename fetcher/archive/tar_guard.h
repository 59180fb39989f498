// A second reader of tar, in front of libarchive's: it writes nothing, and refuses archives in
// which two readers could see different members, names or data. libarchive alone cannot: it takes
// the data of a symbolic link for members, cuts names at a NUL, and fills with zeros what a sparse
// map leaves open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include "fetcher/archive/pax_records.h"
#include "fetcher/archive/tar_header.h"
#include "fetcher/archive/tar_sparse.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class TarGuard {
 public:
  // The headers of one member may have `metadata_bytes`; at most so many are kept in memory.
  explicit TarGuard(std::uint64_t metadata_bytes) : metadata_bytes_(metadata_bytes) {}

  // The next bytes of the tar stream, a multiple of 512 but at the very end. What follows the end
  // mark is not looked at, nor are data. The errors name the member.
  Result<void> take(std::span<const std::byte> bytes);

  // To be called for each member that the other reader sees, and for the end that it sees, with
  // the position of the first header: an error where this reader saw something else there.
  Result<void> confirm(std::uint64_t position);

  // Where the end mark lies, once it was seen.
  [[nodiscard]] std::optional<std::uint64_t> end() const { return end_; }

 private:
  enum class Expect { kHeader, kBody, kSparseBlock, kSparseText };

  // The member whose headers are being read.
  struct Member {
    std::uint64_t header_bytes = 0;
    char extension = '\0';  // the type of the extension header whose body is being read
    std::uint64_t body_bytes = 0;
    std::string body;
    std::optional<std::string> long_name;
    std::optional<std::string> long_target;
    std::optional<std::string> pax_body;

    std::string name;
    PaxRecords pax;
    std::uint64_t stored = 0;
    std::uint64_t real_size = 0;
    OldSparseMap old_map;
    SparseText text;
    std::uint64_t text_bytes = 0;
  };

  Result<void> take_block(std::span<const std::byte> block);
  Result<void> take_header(std::span<const std::byte> block);
  Result<void> take_body(std::span<const std::byte> block);
  Result<void> take_sparse_block(std::span<const std::byte> block);
  Result<void> take_sparse_text(std::span<const std::byte> block);

  Result<void> begin_body(const TarHeader& header);
  Result<void> end_body();
  Result<void> begin_member(const TarHeader& header);
  Result<void> check_names(char type) const;
  Result<void> begin_map(const TarHeader& header);
  Result<void> end_member(const SparseMap* map);
  Result<void> end_archive();
  Result<void> count_header_bytes(std::uint64_t bytes);

  std::uint64_t metadata_bytes_;
  std::uint64_t position_ = 0;  // of the next byte that was not looked at
  std::uint64_t skip_ = 0;      // bytes of data from there on
  Expect expect_ = Expect::kHeader;
  Member member_;
  // First headers that confirm() has not heard of: those of the pieces that are read ahead.
  std::deque<std::uint64_t> starts_;
  std::optional<std::uint64_t> end_;
};

}  // namespace slipway::fetcher
