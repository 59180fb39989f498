// What a pax extended header says of the member behind it (POSIX, pax, "pax Extended Header").
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fetcher/archive/tar_sparse.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Only what decides about a member's name, and where its data end and belong.
struct PaxRecords {
  std::optional<std::string> path;
  std::optional<std::string> link_target;
  std::optional<std::string> sparse_name;  // stands for the path where it is given
  std::optional<std::uint64_t> size;       // of the stored data
  std::optional<std::uint64_t> real_size;  // of the file, holes included
  std::optional<std::uint64_t> pieces;     // what formats 0.0 and 0.1 announce
  std::optional<SparseMap> map;            // of formats 0.0 and 0.1
  bool map_is_in_data = false;             // format 1.0
};

// Errors: records that are malformed; a NUL in a name, which some readers cut there; numbers that
// are none; maps in two formats.
Result<PaxRecords> parse_pax(std::string_view body);

// For the header that stands for all members to come. libarchive overlooks what it says, other
// readers do not: beyond the above it must not name, link or measure members.
Result<void> check_global_pax(std::string_view body);

}  // namespace slipway::fetcher
