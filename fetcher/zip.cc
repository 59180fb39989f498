#include "fetcher/zip.h"

#include <zlib.h>

#include <climits>
#include <memory>

#include "fetcher/decompress.h"
#include "fetcher/member_name.h"
#include "fetcher/zip_directory.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

// The member's bytes, verified: too many, too few, or others than announced are errors.
class MemberData {
 public:
  static Result<MemberData> open(int file, const ZipMember& member, Budget& budget) {
    MemberData data(file, member, budget);
    if (member.method == ZipMethod::kDeflate) {
      data.inflated_ = TRY(make_raw_inflater(*data.range_));
    }
    return data;
  }

  // As ByteSource::read().
  Result<std::size_t> read(std::span<std::byte> into) {
    ByteSource& source = inflated_ ? *inflated_ : static_cast<ByteSource&>(*range_);
    const std::size_t count = TRY(source.read(into));
    TRY(budget_->add_decoded(count, range_->consumed() - seen_));
    seen_ = range_->consumed();
    crc_ = ::crc32_z(crc_, reinterpret_cast<const Bytef*>(into.data()), count);
    produced_ += count;
    if (produced_ > member_->size) return Error("damaged: it is longer than its size says");
    if (count > 0) return count;
    if (produced_ < member_->size) return Error("damaged: it is shorter than its size says");
    if (crc_ != member_->crc) return Error("damaged: its checksum (CRC-32) is wrong");
    return std::size_t{0};
  }

 private:
  MemberData(int file, const ZipMember& member, Budget& budget)
      : member_(&member),
        budget_(&budget),
        range_(std::make_unique<FileRange>(file, member.data_offset, member.compressed)) {}

  const ZipMember* member_;
  Budget* budget_;
  std::unique_ptr<FileRange> range_;
  std::unique_ptr<ByteSource> inflated_;
  std::uint64_t seen_ = 0;
  std::uint64_t produced_ = 0;
  uLong crc_ = 0;
};

class ZipReader {
 public:
  ZipReader(int file, TreeWriter& into, Budget& budget)
      : file_(file),
        into_(into),
        budget_(budget),
        buffer_(std::make_unique_for_overwrite<std::byte[]>(kBufferBytes)) {}

  Result<void> extract(const ZipMember& member);

 private:
  Result<void> directory(const std::optional<sandbox::SandboxPath>& path, const ZipMember& member);
  Result<void> file(const sandbox::SandboxPath& path, const ZipMember& member);
  Result<void> symlink(const sandbox::SandboxPath& path, const ZipMember& member);
  static Attributes attributes(const ZipMember& member, mode_t if_unknown);

  [[nodiscard]] std::span<std::byte> buffer() const { return {buffer_.get(), kBufferBytes}; }

  int file_;
  TreeWriter& into_;
  Budget& budget_;
  std::unique_ptr<std::byte[]> buffer_;
};

Result<void> ZipReader::extract(const ZipMember& member) {
  const auto path = TRY(parse_member_name(member.name, budget_.limits()));
  const std::uint32_t type = member.unix_mode & S_IFMT;
  const bool plain = type == 0 || type == S_IFREG;
  const bool named_as_directory = member.name.ends_with('/');
  if (type == S_IFDIR || (plain && named_as_directory)) return directory(path, member);
  if (!path) return Error("names the destination itself and is no directory");
  if (plain) return file(*path, member);
  if (type == S_IFLNK && !named_as_directory) return symlink(*path, member);
  return Error("is a device, fifo or socket, or contradicts its name; it is never extracted");
}

Result<void> ZipReader::directory(const std::optional<sandbox::SandboxPath>& path,
                                  const ZipMember& member) {
  if (member.size != 0) return Error("is a directory that carries data");
  MemberData data = TRY(MemberData::open(file_, member, budget_));
  TRY(data.read(buffer()));  // nothing, but even that is verified
  if (!path) return {};      // the destination itself is the caller's
  return into_.add_directory(*path, attributes(member, 0755));
}

Result<void> ZipReader::file(const sandbox::SandboxPath& path, const ZipMember& member) {
  MemberData data = TRY(MemberData::open(file_, member, budget_));
  NewFile out = TRY(into_.create_file(path));
  while (const std::size_t count = TRY(data.read(buffer()))) {
    TRY(out.write(buffer().first(count)));
  }
  return out.finish(out.size(), attributes(member, 0644));
}

Result<void> ZipReader::symlink(const sandbox::SandboxPath& path, const ZipMember& member) {
  if (member.size >= PATH_MAX) {
    return Error(cat("a symbolic link whose target has more than ", PATH_MAX - 1, " bytes"));
  }
  MemberData data = TRY(MemberData::open(file_, member, budget_));
  std::string target;
  while (const std::size_t count = TRY(data.read(buffer()))) {
    target.append(reinterpret_cast<const char*>(buffer_.get()), count);
  }
  return into_.add_symlink(path, target, attributes(member, 0777).modified);
}

Attributes ZipReader::attributes(const ZipMember& member, mode_t if_unknown) {
  return {.permissions = member.unix_mode != 0 ? member.unix_mode & 0777 : if_unknown,
          .modified = timespec{.tv_sec = member.modified, .tv_nsec = 0}};
}

}  // namespace

Result<void> read_zip(int file, std::uint64_t size, TreeWriter& into, Budget& budget) {
  const auto members = TRY(read_zip_directory(file, size, budget.limits()));
  ZipReader reader(file, into, budget);
  for (const auto& member : members) {
    TRY(reader.extract(member).context(cat("member ", quote_member(member.name))));
  }
  return {};
}

}  // namespace slipway::fetcher
