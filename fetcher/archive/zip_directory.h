// The table of contents of a zip archive, verified. Source of the rules: PKWARE's APPNOTE.TXT, and
// that an archive which two readers could understand differently is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/archive/extract_limits.h"

namespace slipway::fetcher {

enum class ZipMethod : std::uint16_t { kStored = 0, kDeflate = 8 };

struct ZipMember {
  std::string_view name;  // bytes of the archive, in the directory's text
  ZipMethod method = ZipMethod::kStored;
  std::uint16_t flags = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed = 0;     // bytes
  std::uint64_t size = 0;           // bytes
  std::uint64_t header_offset = 0;  // of the local header
  std::uint64_t data_offset = 0;    // of the compressed data
  std::uint32_t unix_mode = 0;      // st_mode; 0 where the archive has none
  std::int64_t modified = 0;        // seconds since 1970, UTC
};

struct ZipDirectory {
  std::unique_ptr<const std::string> text;
  std::vector<ZipMember> members;  // in the order of the central directory
};

// Ensures:
//   one end record, at the very end (its comment reaches the last byte and holds no other's
//   signature), consistent with its zip64 twin; the central directory lies directly before it and
//   holds exactly the announced members; every member's local header agrees with it about name,
//   method, flags, and about CRC and sizes unless a data descriptor follows, which then agrees;
//   local headers, data and descriptors fill the file from byte 0 to the central directory without
//   a gap or an overlap: no member is unlisted, nothing precedes the archive; only stored and
//   deflated members, none encrypted, no Unicode name field that says another name.
Result<ZipDirectory> read_zip_directory(int file, std::uint64_t size, const ExtractLimits& limits);

}  // namespace slipway::fetcher
