#include "fetcher/zip_directory.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "fetcher/decompress.h"
#include "fetcher/member_name.h"
#include "fetcher/tar_input.h"
#include "fetcher/zip_records.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::uint16_t kEncrypted = 1U << 0;
constexpr std::uint16_t kHasDescriptor = 1U << 3;
constexpr std::uint16_t kPatched = 1U << 5;
constexpr std::uint16_t kStronglyEncrypted = 1U << 6;
constexpr std::uint16_t kUtf8Name = 1U << 11;
constexpr std::uint16_t kMaskedHeader = 1U << 13;
// Those that change how a member is read; the rest says how it was written.
constexpr std::uint16_t kFlagsThatMatter =
    kEncrypted | kHasDescriptor | kPatched | kStronglyEncrypted | kUtf8Name | kMaskedHeader;

// Where the central directory lies, and what it must hold.
struct EndRecord {
  std::uint64_t entries = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t end = 0;  // where the first end record begins
};

// --- the end records -------------------------------------------------------------------------

Error not_zip(int file, std::uint64_t size) {
  const auto head =
      read_exactly(file, 0, static_cast<std::size_t>(std::min<std::uint64_t>(size, kTarBlock)));
  if (!head) return Error("it cannot be read");
  const auto bytes = std::as_bytes(std::span(*head));
  if (is_tar_header(bytes)) return Error("it is a tar archive although its name says zip");
  if (const Codec codec = codec_of(bytes); codec != Codec::kNone) {
    return Error(cat("it is ", name_of(codec), " data although its name says zip"));
  }
  if (head->starts_with(kZipLocalSignature)) {
    return Error("cut or damaged: the zip archive does not finish with its end record");
  }
  return Error("it is not a zip archive");
}

// The place of the one end record whose comment reaches exactly to the end of the file.
Result<std::size_t> find_end(std::string_view tail, int file, std::uint64_t size) {
  std::optional<std::size_t> found;
  for (std::size_t at = 0; at + kZipEndBytes <= tail.size(); ++at) {
    if (tail.substr(at, 4) != kZipEndSignature) continue;
    if (at + kZipEndBytes + le16(tail, at + 20) != tail.size()) continue;
    if (found) return Error("it has two end records: two archives in one");
    found = at;
  }
  if (!found) return not_zip(file, size);
  return *found;
}

// True where the small field says the same as the large one, or that it is too small.
template <class Small>
bool agrees(Small small, std::uint64_t large) {
  return small == static_cast<Small>(-1) || small == large;
}

Result<void> apply_zip64(int file, std::string_view locator, std::string_view end,
                         EndRecord& record) {
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

Result<EndRecord> read_end(int file, std::uint64_t size) {
  constexpr std::uint64_t kLongest = kZipEndBytes + 0xffff;
  const auto tail_length = static_cast<std::size_t>(std::min(size, kLongest));
  const std::string tail = TRY(read_exactly(file, size - tail_length, tail_length));
  const std::size_t at = TRY(find_end(tail, file, size));
  const std::string_view end = std::string_view(tail).substr(at);
  EndRecord record{le16(end, 10), le32(end, 16), le32(end, 12), size - tail_length + at};
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

// --- the central directory -------------------------------------------------------------------

// The values that stand in the zip64 field in place of the markers, in the order of APPNOTE 4.5.3.
class Zip64Values {
 public:
  explicit Zip64Values(const ZipExtra& extra) : rest_(extra.zip64.value_or("")) {}

  Result<std::uint64_t> value_of(std::uint32_t field) {
    if (field != kZip64Marker32) return std::uint64_t{field};
    if (rest_.size() < 8) return Error("damaged: its zip64 field is missing or too short");
    const std::uint64_t value = le64(rest_, 0);
    rest_.remove_prefix(8);
    return value;
  }

 private:
  std::string_view rest_;
};

Result<void> check_readable(const ZipMember& member, std::uint16_t method) {
  if ((member.flags & (kEncrypted | kStronglyEncrypted | kMaskedHeader)) != 0) {
    return Error("is encrypted, which is not supported");
  }
  if ((member.flags & kPatched) != 0) return Error("is a patch, which is not supported");
  if (method != static_cast<std::uint16_t>(ZipMethod::kStored) &&
      method != static_cast<std::uint16_t>(ZipMethod::kDeflate)) {
    return Error(cat("is compressed by method ", method,
                     ", which is not supported (only 0, stored, and 8, deflate, are)"));
  }
  if (member.method == ZipMethod::kStored && member.compressed != member.size) {
    return Error("damaged: it is stored, yet its two sizes differ");
  }
  return {};
}

// `header` and `extra` are the central header's; the name is set already.
Result<void> read_central(std::string_view header, std::string_view extra, ZipMember& member) {
  constexpr unsigned kUnix = 3;
  constexpr unsigned kDarwin = 19;
  const ZipExtra more = TRY(parse_zip_extra(extra, member.name));
  Zip64Values large(more);
  const std::uint16_t method = le16(header, 10);
  member.method = static_cast<ZipMethod>(method);
  member.flags = le16(header, 8);
  member.crc = le32(header, 16);
  member.size = TRY(large.value_of(le32(header, 24)));
  member.compressed = TRY(large.value_of(le32(header, 20)));
  member.header_offset = TRY(large.value_of(le32(header, 42)));
  const std::uint16_t disk = le16(header, 34);
  if (disk != 0 && disk != kZip64Marker16) return Error("lies in another part of the archive");
  const unsigned made_on = le16(header, 4) >> 8;
  if (made_on == kUnix || made_on == kDarwin) member.unix_mode = le32(header, 38) >> 16;
  member.modified = more.modified.value_or(from_dos_time(le16(header, 14), le16(header, 12)));
  return check_readable(member, method);
}

Result<std::vector<ZipMember>> read_members(std::string_view directory, const EndRecord& end) {
  std::vector<ZipMember> members;
  members.reserve(static_cast<std::size_t>(end.entries));
  while (!directory.empty()) {
    if (directory.size() < kZipCentralBytes || !directory.starts_with(kZipCentralSignature)) {
      return Error("damaged: the central directory holds something else than members");
    }
    const std::size_t name = le16(directory, 28);
    const std::size_t extra = le16(directory, 30);
    const std::size_t length = kZipCentralBytes + name + extra + le16(directory, 32);
    if (length > directory.size()) return Error("damaged: the central directory is cut");
    ZipMember member;
    member.name = directory.substr(kZipCentralBytes, name);
    TRY(read_central(directory, directory.substr(kZipCentralBytes + name, extra), member)
            .context(cat("member ", quote_member(member.name))));
    members.push_back(std::move(member));
    directory.remove_prefix(length);
  }
  if (members.size() != end.entries) {
    return Error(cat("damaged: the central directory holds ", members.size(),
                     " members, its end record says ", end.entries));
  }
  return members;
}

// --- the local headers -----------------------------------------------------------------------

Result<void> check_local(int file, ZipMember& member, std::uint64_t boundary) {
  if (boundary - member.header_offset < kZipLocalBytes) {
    return Error("damaged: it overlaps what follows");
  }
  const std::string head = TRY(read_exactly(file, member.header_offset, kZipLocalBytes));
  if (!head.starts_with(kZipLocalSignature)) return Error("damaged: it has no local header");
  const std::size_t name = le16(head, 26);
  const std::size_t extra = le16(head, 28);
  const std::string rest =
      TRY(read_exactly(file, member.header_offset + kZipLocalBytes, name + extra));
  member.data_offset = member.header_offset + kZipLocalBytes + name + extra;
  if (std::string_view(rest).substr(0, name) != member.name) {
    return Error(cat("contradictory: its local header says ",
                     quote_member(std::string_view(rest).substr(0, name))));
  }
  if (le16(head, 8) != static_cast<std::uint16_t>(member.method) ||
      ((le16(head, 6) ^ member.flags) & kFlagsThatMatter) != 0) {
    return Error("contradictory: its local header has another method or other flags");
  }
  const ZipExtra more = TRY(parse_zip_extra(std::string_view(rest).substr(name), member.name));
  Zip64Values large(more);
  const std::uint64_t size = TRY(large.value_of(le32(head, 22)));
  const std::uint64_t compressed = TRY(large.value_of(le32(head, 18)));
  // With a descriptor the writer did not know them yet, and left zeros.
  const bool may_be_zero = (member.flags & kHasDescriptor) != 0;
  const auto fits = [&](std::uint64_t local, std::uint64_t central) {
    return local == central || (may_be_zero && local == 0);
  };
  if (!fits(le32(head, 14), member.crc) || !fits(size, member.size) ||
      !fits(compressed, member.compressed)) {
    return Error("contradictory: its local header has another checksum or other sizes");
  }
  return {};
}

// A descriptor has its signature or not, and sizes of 32 or 64 bits: its length tells.
bool is_descriptor_of(const ZipMember& member, std::string_view bytes) {
  const bool with_signature = bytes.size() == 16 || bytes.size() == 24;
  if (with_signature && !bytes.starts_with(kZipDescriptorSignature)) return false;
  if (with_signature) bytes.remove_prefix(4);
  if (bytes.size() == 12) {
    return le32(bytes, 0) == member.crc && le32(bytes, 4) == member.compressed &&
           le32(bytes, 8) == member.size;
  }
  return bytes.size() == 20 && le32(bytes, 0) == member.crc &&
         le64(bytes, 4) == member.compressed && le64(bytes, 12) == member.size;
}

// The member fills the file from its local header to `boundary`, where the next one begins.
Result<void> check_extent(int file, const ZipMember& member, std::uint64_t boundary) {
  if (member.data_offset > boundary || member.compressed > boundary - member.data_offset) {
    return Error("damaged: it overlaps what follows");
  }
  const std::uint64_t end = member.data_offset + member.compressed;
  const std::uint64_t left = boundary - end;
  if ((member.flags & kHasDescriptor) == 0) {
    if (left == 0) return {};
    return Error(cat("damaged: ", left, " bytes follow it that belong to no member"));
  }
  constexpr std::uint64_t kLongestDescriptor = 24;
  if (left <= kLongestDescriptor) {
    const std::string bytes = TRY(read_exactly(file, end, static_cast<std::size_t>(left)));
    if (is_descriptor_of(member, bytes)) return {};
  }
  return Error("contradictory: its data descriptor is missing or differs");
}

Result<void> check_layout(int file, std::vector<ZipMember>& members, std::uint64_t directory) {
  std::vector<ZipMember*> by_place(members.size());
  std::ranges::transform(members, by_place.begin(), [](ZipMember& member) { return &member; });
  std::ranges::sort(by_place, {}, &ZipMember::header_offset);
  const std::uint64_t first = members.empty() ? directory : by_place.front()->header_offset;
  if (first != 0) {
    return Error("bytes precede the first member: a program or another archive in front of it");
  }
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    ZipMember& member = *by_place[i];
    const std::uint64_t boundary =
        i + 1 < by_place.size() ? by_place[i + 1]->header_offset : directory;
    const std::string doing = cat("member ", quote_member(member.name));
    if (boundary < member.header_offset) return Error(cat(doing, ": damaged: it lies outside"));
    TRY(check_local(file, member, boundary).context(doing));
    TRY(check_extent(file, member, boundary).context(doing));
  }
  return {};
}

}  // namespace

Result<std::vector<ZipMember>> read_zip_directory(int file, std::uint64_t size,
                                                  const ExtractLimits& limits) {
  const EndRecord end = TRY(read_end(file, size));
  if (end.length > limits.directory_bytes) {
    return over_limit(cat("the central directory has ", end.length, " bytes"), "directory_bytes",
                      limits.directory_bytes);
  }
  if (end.entries > limits.entries) {
    return over_limit(cat("it has ", end.entries, " members"), "entries", limits.entries);
  }
  if (end.entries > end.length / kZipCentralBytes) {
    return Error("damaged: the central directory is too short for its members");
  }
  const std::string directory =
      TRY(read_exactly(file, end.offset, static_cast<std::size_t>(end.length)));
  auto members = TRY(read_members(directory, end));
  TRY(check_layout(file, members, end.offset));
  return members;
}

}  // namespace slipway::fetcher
