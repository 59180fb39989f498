// What would take all of the disk, of the memory or of the time.
#include <zlib.h>

#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

constexpr std::uint64_t kPebibyte = std::uint64_t{1} << 50;

std::string base256(std::uint64_t value, std::size_t width = 12) {
  std::string bytes(width, '\0');
  for (std::size_t i = width; i-- > 0 && i + 8 >= width; value >>= 8) {
    bytes[i] = static_cast<char>(value & 0xff);
  }
  bytes[0] = '\x80';
  return bytes;
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += piece;
  return all;
}

// GNU's old header of a sparse file: four pairs {offset, length} at 386, the real size at 483.
TarMember old_sparse(const std::string& map, std::uint64_t real_size) {
  TarMember member;
  member.name = "f";
  member.type = 'S';
  member.data = "x";
  member.magic = std::string("ustar  \0", 8);
  member.patches = {{386, map}, {483, base256(real_size)}};
  return member;
}

void add_sparse_bombs(ArchiveCases& cases) {
  const std::string one = base256(0) + base256(1);
  const auto old = [](const std::string& map, std::uint64_t size) {
    return TarBuilder().add(old_sparse(map, size)).finish();
  };
  cases.refused("old sparse, 1 PiB", "a.tar", old(one, kPebibyte), "'max_bytes'");
  cases.refused("old sparse, data at 1 PiB", "a.tar",
                old(base256(kPebibyte) + base256(1), kPebibyte + 1), "'max_bytes'");
  cases.refused("old sparse, data at 2^62", "a.tar",
                old(base256(std::uint64_t{1} << 62) + base256(1), (std::uint64_t{1} << 62) + 1));
  cases.refused("old sparse, more data than there is", "a.tar",
                old(base256(0) + base256(9000), 9000));
  cases.refused("old sparse, going back", "a.tar",
                old(base256(100) + base256(1) + base256(0) + base256(1), 200));
  cases.refused("old sparse, real size too small", "a.tar", old(base256(100) + base256(1), 10));
  const std::string huge = std::to_string(kPebibyte);
  using Records = std::vector<std::pair<std::string, std::string>>;
  const auto pax = [](const Records& records, const std::string& data) {
    return TarBuilder().pax(records).file("f", data).finish();
  };
  cases.refused("sparse 0.0, 1 PiB", "a.tar",
                pax({{"GNU.sparse.size", huge},
                     {"GNU.sparse.numblocks", "1"},
                     {"GNU.sparse.offset", "0"},
                     {"GNU.sparse.numbytes", "1"}},
                    "x"),
                "'max_bytes'");
  cases.refused(
      "sparse 0.1, 1 PiB", "a.tar",
      pax({{"GNU.sparse.size", huge}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,1"}},
          "x"),
      "'max_bytes'");
  for (const char* map :
       {"0,1,1", "0,-1", "-1,1", "0,9000", "5,1,0,1", "x", "0,99999999999999999999"}) {
    cases.refused(
        cat("sparse 0.1, map ", map), "a.tar",
        pax({{"GNU.sparse.size", "10"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", map}},
            "xy"));
  }
  const auto newest = [&](const std::string& size, const std::string& map) {
    std::string head = map;
    head.resize(512, '\0');
    return pax(
        {{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", size}},
        head + "x");
  };
  cases.refused("sparse 1.0, 1 PiB", "a.tar", newest(huge, "1\n0\n1\n"), "'max_bytes'");
  cases.refused("sparse 1.0, data at 1 PiB", "a.tar",
                newest(std::to_string(kPebibyte + 1), cat("1\n", huge, "\n1\n")), "'max_bytes'");
  for (const char* map : {"", "1\n", "9999999999\n0\n1\n", "-1\n", "1\n0\n9000\n", "1\n-5\n1\n",
                          "x\n", "2\n5\n1\n0\n1\n"}) {
    cases.refused(cat("sparse 1.0, map ", map), "a.tar", newest("10", map));
  }
}

void add_announced_sizes(ArchiveCases& cases) {
  for (const std::uint64_t size : {std::uint64_t{1} << 33, kPebibyte, std::uint64_t{1} << 62}) {
    TarMember member;
    member.name = "f";
    member.data = "x";
    member.patches = {{124, base256(size)}};
    cases.refused(cat("announced ", size), "a.tar", TarBuilder().add(member).finish());
    cases.refused(cat("pax announced ", size), "a.tar",
                  TarBuilder().pax({{"size", std::to_string(size)}}).file("f", "x").finish());
    // Of what lies in memory while it is parsed.
    for (const char type : {'x', 'g', 'L', 'K'}) {
      member.type = type;
      cases.refused(cat("announced ", size, " for type ", std::string(1, type)), "a.tar",
                    TarBuilder().add(member).finish());
    }
  }
}

void add_long_names(ArchiveCases& cases) {
  const std::string deepest = repeated("d/", 127) + "f";
  const std::string too_deep = "d/" + deepest;
  const std::string longest = repeated(std::string(99, 'n') + "/", 40) + std::string(95, 'n');
  const std::string too_long = longest + "n";
  const auto tar = [](const std::string& name) {
    return TarBuilder().gnu_long('L', name).file("f", "x").finish();
  };
  const auto zip = [](const std::string& name) { return ZipBuilder().file(name, "x").finish(); };
  cases.extracted("128 components", "a.tar", tar(deepest), {file_at(deepest)});
  cases.extracted("zip: 128 components", "a.zip", zip(deepest), {file_at(deepest)});
  cases.extracted("4095 bytes", "a.tar", tar(longest), {file_at(longest)});
  cases.extracted("zip: 4095 bytes", "a.zip", zip(longest), {file_at(longest)});
  cases.refused("129 components", "a.tar", tar(too_deep), "'max_depth'");
  cases.refused("zip: 129 components", "a.zip", zip(too_deep), "'max_depth'");
  cases.refused("4096 bytes", "a.tar", tar(too_long), "'max_path_length'");
  cases.refused("zip: 4096 bytes", "a.zip", zip(too_long), "'max_path_length'");
  const std::string endless = repeated("d/", 30'000);
  cases.refused("60000 bytes", "a.tar", tar(endless), "'max_");
  cases.refused("zip: 60000 bytes", "a.zip", zip(endless), "'max_");
  cases.refused("pax: 60000 bytes", "a.tar",
                TarBuilder().pax({{"path", endless}}).file("f", "x").finish(), "'max_");
  cases.refused("directories: 60000 bytes", "a.tar",
                TarBuilder().gnu_long('L', endless).directory("d").finish(), "'max_");
}

}  // namespace

void add_sizes(ArchiveCases& cases) {
  add_sparse_bombs(cases);
  add_announced_sizes(cases);
  add_long_names(cases);
}

namespace {

std::string zeros_in_tar(std::vector<std::string> program) {
  static const std::string tar =
      TarBuilder().file("zeros", std::string(std::size_t{80} << 20, '\0')).finish();
  return compress(program, tar);
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
    TarMember member = old_sparse(repeated(base256(0) + base256(0), 4), 10);
    member.data = "";
    member.patches.push_back({482, "\1"});
    std::string more = repeated(base256(0) + base256(0), 21) + "\1";
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
  static const std::string zeros(std::size_t{80} << 20, '\0');
  ZipEntry entry;
  entry.name = "zeros";
  entry.data = zeros;
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
