#include "fetcher/archive/zip_directory.h"

#include <algorithm>

#include "fetcher/archive/member_name.h"
#include "fetcher/archive/zip_end.h"
#include "fetcher/archive/zip_records.h"
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

Result<std::vector<ZipMember>> read_members(std::string_view directory, const ZipEnd& end) {
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
            .context([&] { return cat("member ", quote_member(member.name)); }));
    members.push_back(member);
    directory.remove_prefix(length);
  }
  if (members.size() != end.entries) {
    return Error(cat("damaged: the central directory holds ", members.size(),
                     " members, its end record says ", end.entries));
  }
  return members;
}

// --- the local headers -----------------------------------------------------------------------

// A local header as it lies in the file.
struct LocalHeader {
  std::string fixed;
  std::string name;
  std::string extra;
};

Result<LocalHeader> read_local(int file, const ZipMember& member, std::uint64_t boundary) {
  if (boundary - member.header_offset < kZipLocalBytes) {
    return Error("damaged: it overlaps what follows");
  }
  // Mostly one read is enough: the name is as long as in the central directory, what follows short.
  constexpr std::size_t kExtraGuess = 64;
  const std::size_t guess = kZipLocalBytes + member.name.size() + kExtraGuess;
  std::string bytes = TRY(read_exactly(
      file, member.header_offset,
      static_cast<std::size_t>(std::min<std::uint64_t>(guess, boundary - member.header_offset))));
  if (!bytes.starts_with(kZipLocalSignature)) return Error("damaged: it has no local header");
  const std::size_t name = le16(bytes, 26);
  const std::size_t length = kZipLocalBytes + name + le16(bytes, 28);
  if (length > boundary - member.header_offset) return Error("damaged: it overlaps what follows");
  if (length > bytes.size()) bytes = TRY(read_exactly(file, member.header_offset, length));
  return LocalHeader{bytes.substr(0, kZipLocalBytes), bytes.substr(kZipLocalBytes, name),
                     bytes.substr(kZipLocalBytes + name, length - kZipLocalBytes - name)};
}

Result<void> check_local(const LocalHeader& local, const ZipMember& member) {
  if (local.name != member.name) {
    return Error(cat("contradictory: its local header says ", quote_member(local.name)));
  }
  if (le16(local.fixed, 8) != static_cast<std::uint16_t>(member.method) ||
      ((le16(local.fixed, 6) ^ member.flags) & kFlagsThatMatter) != 0) {
    return Error("contradictory: its local header has another method or other flags");
  }
  const ZipExtra more = TRY(parse_zip_extra(local.extra, member.name));
  Zip64Values large(more);
  const std::uint64_t size = TRY(large.value_of(le32(local.fixed, 22)));
  const std::uint64_t compressed = TRY(large.value_of(le32(local.fixed, 18)));
  // With a descriptor the writer did not know them yet, and left zeros.
  const bool may_be_zero = (member.flags & kHasDescriptor) != 0;
  const auto fits = [&](std::uint64_t here, std::uint64_t central) {
    return here == central || (may_be_zero && here == 0);
  };
  if (!fits(le32(local.fixed, 14), member.crc) || !fits(size, member.size) ||
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

// The data and its descriptor fill the file up to `boundary`, where the next member begins.
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

Result<void> check_member(int file, ZipMember& member, std::uint64_t boundary) {
  if (boundary < member.header_offset) return Error("damaged: it lies outside the archive");
  const LocalHeader local = TRY(read_local(file, member, boundary));
  TRY(check_local(local, member));
  member.data_offset =
      member.header_offset + kZipLocalBytes + local.name.size() + local.extra.size();
  return check_extent(file, member, boundary);
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
    TRY(check_member(file, member, boundary).context([&] {
      return cat("member ", quote_member(member.name));
    }));
  }
  return {};
}

}  // namespace

Result<ZipDirectory> read_zip_directory(int file, std::uint64_t size, const ExtractLimits& limits) {
  const ZipEnd end = TRY(read_zip_end(file, size));
  if (end.length > limits.directory_bytes) {
    return over_limit(cat("the central directory has ", end.length, " bytes"),
                      &ExtractLimits::directory_bytes, limits.directory_bytes);
  }
  if (end.entries > limits.entries) {
    return over_limit(cat("it has ", end.entries, " members"), &ExtractLimits::entries,
                      limits.entries);
  }
  if (end.entries > end.length / kZipCentralBytes) {
    return Error("damaged: the central directory is too short for its members");
  }
  ZipDirectory directory;
  directory.text = std::make_unique<const std::string>(
      TRY(read_exactly(file, end.offset, static_cast<std::size_t>(end.length))));
  directory.members = TRY(read_members(*directory.text, end));
  TRY(check_layout(file, directory.members, end.offset));
  return directory;
}

}  // namespace slipway::fetcher
