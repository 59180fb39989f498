#include "fetcher/archive/zip_end.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "fetcher/archive/decompress.h"
#include "fetcher/archive/tar_header.h"
#include "fetcher/archive/zip_records.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

Error not_zip(int file, std::uint64_t size) {
  const auto head =
      read_exactly(file, 0, static_cast<std::size_t>(std::min<std::uint64_t>(size, kTarBlock)));
  if (!head) return head.error();
  const auto bytes = std::as_bytes(std::span(*head));
  if (is_tar_header(bytes)) {
    return Error("it is a tar archive although its name says zip")
        .hint("give it an output_file that ends in .tar");
  }
  if (const Codec codec = codec_of(bytes); codec != Codec::kNone) {
    return Error(cat("it is ", name_of(codec), " data although its name says zip"));
  }
  if (head->starts_with(kZipLocalSignature)) {
    return Error("cut or damaged: the zip archive does not finish with its end record");
  }
  return Error("it is not a zip archive");
}

// The place of the one end record whose comment reaches exactly to the end of the file. Others read
// from the end backwards and take the first signature they meet, whatever its comment's length
// says: so none may stand behind it, not even where it is no end record for us.
Result<std::size_t> find_end(std::string_view tail, int file, std::uint64_t size) {
  std::optional<std::size_t> found;
  for (std::size_t at = tail.find(kZipEndSignature); at != std::string_view::npos;
       at = tail.find(kZipEndSignature, at + 1)) {
    if (found) return Error("it has two end records: two archives in one");
    if (at + kZipEndBytes > tail.size()) break;
    if (at + kZipEndBytes + le16(tail, at + 20) == tail.size()) found = at;
  }
  if (!found) return not_zip(file, size);
  return *found;
}

// True where the small field says the same as the large one, or that it is too small.
template <class Small>
bool agrees(Small small, std::uint64_t large) {
  return small == static_cast<Small>(-1) || small == large;
}

Result<void> apply_zip64(int file, std::string_view locator, std::string_view end, ZipEnd& record) {
  const std::uint64_t at = le64(locator, 8);
  const std::uint64_t locator_at = record.end - kZip64LocatorBytes;
  if (at > locator_at || locator_at - at < kZip64EndBytes) {
    return Error("damaged: the zip64 end record is not where it should be");
  }
  const std::string bytes = TRY(read_exactly(file, at, kZip64EndBytes));
  // The length field counts what follows it.
  const bool in_place =
      bytes.starts_with(kZip64EndSignature) && le64(bytes, 4) == locator_at - at - 12;
  const bool one_disk = le32(locator, 4) == 0 && le32(locator, 16) <= 1 && le32(bytes, 16) == 0 &&
                        le32(bytes, 20) == 0 && le64(bytes, 24) == le64(bytes, 32);
  record = {le64(bytes, 32), le64(bytes, 48), le64(bytes, 40), at};
  const bool same = agrees(le16(end, 8), record.entries) && agrees(le16(end, 10), record.entries) &&
                    agrees(le32(end, 12), record.length) && agrees(le32(end, 16), record.offset);
  if (!in_place || !one_disk || !same) {
    return Error("damaged: the zip64 end record contradicts the end record");
  }
  return {};
}

}  // namespace

Result<ZipEnd> read_zip_end(int file, std::uint64_t size) {
  constexpr std::uint64_t kLongest = kZipEndBytes + 0xffff;
  const auto tail_length = static_cast<std::size_t>(std::min(size, kLongest));
  const std::string tail = TRY(read_exactly(file, size - tail_length, tail_length));
  const std::size_t at = TRY(find_end(tail, file, size));
  const std::string_view end = std::string_view(tail).substr(at);
  ZipEnd record{le16(end, 10), le32(end, 16), le32(end, 12), size - tail_length + at};
  std::string locator;
  if (record.end >= kZip64LocatorBytes) {
    locator = TRY(read_exactly(file, record.end - kZip64LocatorBytes, kZip64LocatorBytes));
  }
  if (locator.starts_with(kZip64LocatorSignature)) {
    TRY(apply_zip64(file, locator, end, record));
  } else if (le16(end, 4) != 0 || le16(end, 6) != 0 || le16(end, 8) != le16(end, 10)) {
    return Error("it is one part of several, which is not supported");
  }
  if (record.offset > record.end || record.end - record.offset != record.length) {
    return Error("damaged: the central directory does not end where the end record begins");
  }
  return record;
}

}  // namespace slipway::fetcher
