// What would take all of the disk, of the memory or of the time.
#include <zlib.h>

#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

// Made once for each program.
const std::string& zeros_in_tar(const std::vector<std::string>& program) {
  static std::map<std::vector<std::string>, std::string> made;
  auto& bytes = made[program];
  if (bytes.empty()) {
    const std::string zeros(std::size_t{80} << 20, '\0');
    bytes = compress(program, TarBuilder().file("zeros", zeros).finish());
  }
  return bytes;
}

// Eight MiB of one header; a member with such a header; packed, which makes it small.
void add_metadata_bombs(ArchiveCases& cases) {
  const auto large = [] { return std::string(std::size_t{8} << 20, 'm'); };
  const auto add = [&](const char* title, auto make) {
    cases.refused(title, "a.tar.gz", [make] { return compress({"gzip", "-1"}, make().finish()); });
  };
  add("pax record", [=] { return TarBuilder().pax({{"comment", large()}}).file("f", "x"); });
  add("pax path", [=] { return TarBuilder().pax({{"path", large()}}).file("f", "x"); });
  add("pax xattr", [=] {
    return TarBuilder().pax({{"SCHILY.xattr.user.a", large()}}).file("f", "x");
  });
  add("GNU name", [=] { return TarBuilder().gnu_long('L', large()).file("f", "x"); });
  add("GNU target", [=] { return TarBuilder().gnu_long('K', large()).symlink("l", "x"); });
  add("many pax headers", [] {
    TarBuilder tar;
    for (int i = 0; i < 8000; ++i) tar.pax({{"comment", "x"}});
    return tar.file("f", "x");
  });
  add("many GNU names", [] {
    TarBuilder tar;
    for (int i = 0; i < 8000; ++i) tar.gnu_long('L', "x");
    return tar.file("f", "x");
  });
  add("old sparse maps without end", [] {
    TarMember member = old_sparse(repeated(tar_number(0) + tar_number(0), 4), 10);
    member.data = "";
    member.patches.push_back({482, "\1"});
    std::string more = repeated(tar_number(0) + tar_number(0), 21) + "\1";
    more.resize(512, '\0');
    return TarBuilder().add(member).raw(repeated(more, 10'000));
  });
  add("a new sparse map without end", [] {
    return TarBuilder()
        .pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "10"}})
        .file("f", "4000000\n" + repeated("0\n0\n", 2'000'000));
  });
}

// xz: the dictionary's size in the first block header, made to be `bits`.
std::string xz_with_dictionary(char bits) {
  std::string bytes = compress({"xz"}, TarBuilder().file("f", "x").finish());
  const std::size_t block = 12;
  const std::size_t length = (static_cast<unsigned char>(bytes[block]) + std::size_t{1}) * 4 - 4;
  bytes[block + 4] = bits;
  const auto crc = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data() + block), length));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[block + length + i] = static_cast<char>(crc >> (8 * i) & 0xff);
  }
  return bytes;
}

// A zstd frame of one raw block, whose window is said to be 2^31 bytes.
std::string zstd_with_window() {
  const std::string tar = TarBuilder().file("f", "x").finish();
  const std::size_t block = tar.size() << 3 | 1;
  std::string bytes("\x28\xb5\x2f\xfd\0\xa8", 6);
  for (std::size_t i = 0; i < 3; ++i) bytes += static_cast<char>(block >> (8 * i) & 0xff);
  return bytes + tar;
}

std::string zip_bomb(std::optional<std::uint32_t> size) {
  ZipEntry entry;
  entry.name = "zeros";
  entry.data = std::string(std::size_t{80} << 20, '\0');
  entry.method = 8;
  entry.size = size;
  return ZipBuilder().add(entry).finish();
}

}  // namespace

void add_bombs(ArchiveCases& cases) {
  add_metadata_bombs(cases);
  cases.refused(
      "zeros by bzip2", "a.tar.bz2", [] { return zeros_in_tar({"bzip2"}); }, "'max_ratio'");
  cases.refused(
      "zeros by xz", "a.tar.xz",
      [] {
        return zeros_in_tar({"xz", "-1"});
      },
      "'max_ratio'");
  cases.refused(
      "zeros by zstd", "a.tar.zst", [] { return zeros_in_tar({"zstd"}); }, "'max_ratio'");
  // Deflate cannot reach the ratio: what limits it are the bytes in all, and the free space.
  const Tree zeros = {file_at("zeros", std::string(std::size_t{80} << 20, '\0'))};
  cases.extracted(
      "zeros by gzip", "a.tar.gz", [] { return zeros_in_tar({"gzip"}); }, zeros);
  cases.refused("zip of more than it says", "a.zip", [] { return zip_bomb(10); });
  cases.refused("zeros by bzip2, twice", "a.tar.gz",
                [] { return compress({"gzip"}, zeros_in_tar({"bzip2"})); });
  cases.refused(
      "xz's largest dictionary", "a.tar.xz", [] { return xz_with_dictionary(40); }, "'max_memory'");
  cases.refused(
      "xz's dictionary of 512 MiB", "a.tar.xz", [] { return xz_with_dictionary(34); },
      "'max_memory'");
  cases.refused(
      "zstd's window of 2 GiB", "a.tar.zst", [] { return zstd_with_window(); }, "'max_memory'");
}

}  // namespace slipway::tests
