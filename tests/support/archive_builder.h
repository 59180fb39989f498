// Archives made byte by byte: honest ones, and those that no honest program would write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::tests {

// One tar header and its data. Everything is written as it is said.
struct TarMember {
  std::string name;  // at most 100 bytes
  char type = '0';
  std::string data;
  std::string link;
  unsigned mode = 0644;
  std::int64_t mtime = 1'000'000'000;
  std::optional<std::uint64_t> size;  // in the header, where it lies
  // Bytes written over the header before its checksum is made: {offset, bytes}.
  std::vector<std::pair<std::size_t, std::string>> patches;
  std::string magic = std::string(
      "ustar\0"
      "00",
      8);
};

class TarBuilder {
 public:
  TarBuilder& add(const TarMember& member);
  TarBuilder& file(const std::string& name, const std::string& data, unsigned mode = 0644);
  TarBuilder& directory(const std::string& name, unsigned mode = 0755);
  TarBuilder& symlink(const std::string& name, const std::string& target);
  TarBuilder& hard_link(const std::string& name, const std::string& target);
  TarBuilder& special(const std::string& name, char type);
  // A pax header ('x') for the member that follows.
  TarBuilder& pax(const std::vector<std::pair<std::string, std::string>>& records);
  // GNU's long name ('L') or long link target ('K') for the member that follows.
  TarBuilder& gnu_long(char type, const std::string& name);
  TarBuilder& raw(const std::string& bytes);

  // With the two blocks of zeros that end an archive.
  [[nodiscard]] std::string finish() const;
  // Without.
  [[nodiscard]] std::string cut() const { return bytes_; }

 private:
  std::string bytes_;
};

// One member of a zip archive. What is set under `local_` stands in the local header where it
// differs from the central directory, and so on: lies for the tests of contradictions.
struct ZipEntry {
  std::string name;
  std::string data;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint32_t mode = 0100644;  // st_mode; 0 where none is stored
  std::uint16_t made_on = 3;     // Unix
  bool zip64 = false;            // sizes in zip64 fields
  bool descriptor_signature = true;
  std::string extra;
  std::optional<std::uint32_t> crc;   // everywhere
  std::optional<std::uint32_t> size;  // everywhere
  std::optional<std::string> local_name;
  std::optional<std::uint16_t> local_method;
  std::optional<std::uint16_t> local_flags;
  std::optional<std::uint32_t> local_crc;
  std::optional<std::uint32_t> local_size;
  std::optional<std::uint32_t> descriptor_crc;
  std::optional<std::uint32_t> offset;  // of the local header, in the central one
  bool unlisted = false;                // a local header and data only
  std::string after;                    // bytes that follow the data
};

class ZipBuilder {
 public:
  ZipBuilder& add(const ZipEntry& entry);
  ZipBuilder& file(const std::string& name, const std::string& data);
  std::string comment;
  std::string prefix;
  bool zip64_end = false;
  std::optional<std::uint16_t> announced_entries;

  [[nodiscard]] std::string finish() const;

 private:
  std::vector<ZipEntry> entries_;
};

std::string deflate_raw(const std::string& data);

// `data` through a real program: "gzip", "bzip2", "xz", "zstd" and its options.
std::string compress(const std::vector<std::string>& program, const std::string& data);

}  // namespace slipway::tests
