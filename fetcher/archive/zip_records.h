// The records of a zip archive as they lie in the file: little-endian fields at fixed places
// (APPNOTE.TXT 4.3 and 4.5). Only reading; what they mean together is zip_directory's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

inline constexpr std::string_view kZipLocalSignature = "PK\x03\x04";
inline constexpr std::string_view kZipCentralSignature = "PK\x01\x02";
inline constexpr std::string_view kZipEndSignature = "PK\x05\x06";
inline constexpr std::string_view kZip64EndSignature = "PK\x06\x06";
inline constexpr std::string_view kZip64LocatorSignature = "PK\x06\x07";
inline constexpr std::string_view kZipDescriptorSignature = "PK\x07\x08";

inline constexpr std::size_t kZipLocalBytes = 30;
inline constexpr std::size_t kZipCentralBytes = 46;
inline constexpr std::size_t kZipEndBytes = 22;
inline constexpr std::size_t kZip64EndBytes = 56;
inline constexpr std::size_t kZip64LocatorBytes = 20;

// "Look into the zip64 record": all bits of a field that is too small.
inline constexpr std::uint32_t kZip64Marker32 = 0xffffffff;
inline constexpr std::uint16_t kZip64Marker16 = 0xffff;

// The field at `at`, which lies inside `bytes`.
std::uint16_t le16(std::string_view bytes, std::size_t at);
std::uint32_t le32(std::string_view bytes, std::size_t at);
std::uint64_t le64(std::string_view bytes, std::size_t at);

// Exactly `length` bytes of the file from `offset` on.
Result<std::string> read_exactly(int file, std::uint64_t offset, std::size_t length);

// What the extra fields of one header say that matters here.
struct ZipExtra {
  std::optional<std::string_view> zip64;
  std::optional<std::int64_t> modified;  // seconds since 1970, UTC
};

// Errors: fields that run over the end (up to three bytes of zero padding are accepted), two zip64
// fields, a Unicode path field that differs from `name`.
Result<ZipExtra> parse_zip_extra(std::string_view extra, std::string_view name);

// MS-DOS date and time, which have no time zone, taken as UTC: seconds since 1970.
std::int64_t from_dos_time(std::uint16_t date, std::uint16_t time);

}  // namespace slipway::fetcher
