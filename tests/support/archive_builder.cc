#include "tests/support/archive_builder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "tests/support/run_program.h"

namespace slipway::tests {

namespace {

constexpr std::size_t kBlock = 512;

void put(std::string& header, std::size_t at, const std::string& text) {
  header.replace(at, text.size(), text);
}

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value /= 8) text[i] = static_cast<char>('0' + value % 8);
  return text;
}

std::string padded(std::string data) {
  data.resize((data.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return data;
}

std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) {
    length = std::to_string(length).size() + rest.size();
  }
  return std::to_string(length) + rest;
}

template <class Number>
std::string little(Number value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
  }
  return bytes;
}
std::string le16(std::size_t value) {
  return little(static_cast<std::uint16_t>(value));
}
std::string le32(std::size_t value) {
  return little(static_cast<std::uint32_t>(value));
}
std::string le64(std::size_t value) {
  return little(static_cast<std::uint64_t>(value));
}

constexpr std::uint32_t kMarker = 0xffffffff;

// What both headers of a member hold.
struct Packed {
  std::string data;
  std::uint32_t crc;
  std::uint32_t size;
};

Packed pack(const ZipEntry& entry) {
  const auto real = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(entry.data.data()), entry.data.size()));
  return {entry.method == 8 ? deflate_raw(entry.data) : entry.data, entry.crc.value_or(real),
          entry.size.value_or(static_cast<std::uint32_t>(entry.data.size()))};
}

std::string zip64_field(const Packed& packed) {
  return le16(1) + le16(16) + le64(packed.size) + le64(packed.data.size());
}

std::string local_part(const ZipEntry& entry, const Packed& packed) {
  const bool later = (entry.flags & 8) != 0;
  const std::string name = entry.local_name.value_or(entry.name);
  const std::string extra = (entry.zip64 ? zip64_field(packed) : "") + entry.extra;
  const std::uint32_t crc = entry.local_crc.value_or(later ? 0 : packed.crc);
  const std::uint32_t size = entry.local_size.value_or(later ? 0 : packed.size);
  const std::size_t compressed = later ? 0 : packed.data.size();
  std::string bytes = "PK\x03\x04" + le16(45) + le16(entry.local_flags.value_or(entry.flags)) +
                      le16(entry.local_method.value_or(entry.method)) + le16(0) + le16(0x2a21) +
                      le32(crc) + le32(entry.zip64 ? kMarker : compressed) +
                      le32(entry.zip64 ? kMarker : size) + le16(name.size()) + le16(extra.size()) +
                      name + extra + packed.data;
  if (later) {
    bytes += (entry.descriptor_signature ? "PK\x07\x08" : "") +
             le32(entry.descriptor_crc.value_or(packed.crc));
    bytes += entry.zip64 ? le64(packed.data.size()) + le64(packed.size)
                         : le32(packed.data.size()) + le32(packed.size);
  }
  return bytes + entry.after;
}

std::string central_part(const ZipEntry& entry, const Packed& packed, std::size_t offset) {
  const std::string extra = (entry.zip64 ? zip64_field(packed) : "") + entry.extra;
  return "PK\x01\x02" + le16(static_cast<std::size_t>(entry.made_on << 8 | 30)) + le16(45) +
         le16(entry.flags) + le16(entry.method) + le16(0) + le16(0x2a21) + le32(packed.crc) +
         le32(entry.zip64 ? kMarker : packed.data.size()) +
         le32(entry.zip64 ? kMarker : packed.size) + le16(entry.name.size()) + le16(extra.size()) +
         le16(0) + le16(0) + le16(0) + le32(static_cast<std::size_t>(entry.mode) << 16) +
         le32(entry.offset.value_or(offset)) + entry.name + extra;
}

}  // namespace

TarBuilder& TarBuilder::add(const TarMember& member) {
  std::string header(kBlock, '\0');
  put(header, 0, member.name.substr(0, 100));
  put(header, 100, octal(member.mode, 7));
  put(header, 108, octal(0, 7));
  put(header, 116, octal(0, 7));
  put(header, 124, octal(member.size.value_or(member.data.size()), 11));
  put(header, 136, octal(static_cast<std::uint64_t>(member.mtime), 11));
  header[156] = member.type;
  put(header, 157, member.link.substr(0, 100));
  put(header, 257, member.magic);
  for (const auto& [at, bytes] : member.patches) put(header, at, bytes);
  put(header, 148, std::string(8, ' '));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, octal(sum, 6) + std::string("\0 ", 2));
  bytes_ += header + padded(member.data);
  return *this;
}

TarBuilder& TarBuilder::file(const std::string& name, const std::string& data, unsigned mode) {
  TarMember member;
  member.name = name;
  member.data = data;
  member.mode = mode;
  return add(member);
}

TarBuilder& TarBuilder::directory(const std::string& name, unsigned mode) {
  TarMember member;
  member.name = name;
  member.type = '5';
  member.mode = mode;
  return add(member);
}

TarBuilder& TarBuilder::symlink(const std::string& name, const std::string& target) {
  TarMember member;
  member.name = name;
  member.type = '2';
  member.link = target;
  return add(member);
}

TarBuilder& TarBuilder::hard_link(const std::string& name, const std::string& target) {
  TarMember member;
  member.name = name;
  member.type = '1';
  member.link = target;
  return add(member);
}

TarBuilder& TarBuilder::special(const std::string& name, char type) {
  TarMember member;
  member.name = name;
  member.type = type;
  return add(member);
}

TarBuilder& TarBuilder::pax(const std::vector<std::pair<std::string, std::string>>& records) {
  TarMember member;
  member.name = "PaxHeaders/x";
  member.type = 'x';
  for (const auto& [key, value] : records) member.data += pax_record(key, value);
  return add(member);
}

TarBuilder& TarBuilder::gnu_long(char type, const std::string& name) {
  TarMember member;
  member.name = "././@LongLink";
  member.type = type;
  member.data = name + '\0';
  member.magic = std::string("ustar  \0", 8);
  return add(member);
}

TarBuilder& TarBuilder::raw(const std::string& bytes) {
  bytes_ += bytes;
  return *this;
}

std::string TarBuilder::finish() const {
  return bytes_ + std::string(2 * kBlock, '\0');
}

ZipBuilder& ZipBuilder::add(const ZipEntry& entry) {
  entries_.push_back(entry);
  return *this;
}

ZipBuilder& ZipBuilder::file(const std::string& name, const std::string& data) {
  ZipEntry entry;
  entry.name = name;
  entry.data = data;
  return add(entry);
}

std::string ZipBuilder::finish() const {
  std::string bytes = prefix;
  std::string directory;
  std::size_t listed = 0;
  for (const auto& entry : entries_) {
    const Packed packed = pack(entry);
    if (!entry.unlisted) {
      directory += central_part(entry, packed, bytes.size());
      ++listed;
    }
    bytes += local_part(entry, packed);
  }
  const std::size_t start = bytes.size();
  bytes += directory;
  if (zip64_end) {
    const std::size_t at = bytes.size();
    bytes += "PK\x06\x06" + le64(44) + le16(45) + le16(45) + le32(0) + le32(0) + le64(listed) +
             le64(listed) + le64(directory.size()) + le64(start);
    bytes += "PK\x06\x07" + le32(0) + le64(at) + le32(1);
  }
  const std::size_t count =
      zip64_end ? 0xffff : announced_entries.value_or(static_cast<std::uint16_t>(listed));
  bytes += "PK\x05\x06" + le16(0) + le16(0) + le16(count) + le16(count) +
           le32(zip64_end ? kMarker : directory.size()) + le32(zip64_end ? kMarker : start) +
           le16(comment.size()) + comment;
  return bytes;
}

std::string deflate_raw(const std::string& data) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, data.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string compress(const std::vector<std::string>& program, const std::string& data) {
  RunOptions options;
  options.stdin_text = data;
  std::vector<std::string> argv = program;
  argv.emplace_back("-c");
  const RunResult result = run_program(argv, options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

}  // namespace slipway::tests
