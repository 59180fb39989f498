// What the records of a zip archive say twice, contradict, or hide.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

ZipEntry entry(const std::string& name, const std::string& data) {
  ZipEntry made;
  made.name = name;
  made.data = data;
  return made;
}

std::string one(const ZipEntry& made) {
  return ZipBuilder().add(made).finish();
}

void add_contradictions(ArchiveCases& cases) {
  const auto lie = [&](const char* what, const auto& change) {
    for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{8}}) {
      ZipEntry made = entry("f", "content");
      made.method = method;
      change(made);
      cases.refused(cat(what, ", method ", method), "a.zip", one(made));
      cases.refused(cat(what, " after a good one, method ", method), "a.zip",
                    ZipBuilder().file("good", "x").add(made).finish());
    }
  };
  lie("another local name", [](ZipEntry& made) { made.local_name = "g"; });
  lie("a longer local name", [](ZipEntry& made) { made.local_name = "../evil"; });
  lie("another local method", [](ZipEntry& made) { made.local_method = 14; });
  lie("another local checksum", [](ZipEntry& made) { made.local_crc = 7; });
  lie("no local checksum", [](ZipEntry& made) { made.local_crc = 0; });
  lie("a smaller local size", [](ZipEntry& made) { made.local_size = 3; });
  lie("a larger local size", [](ZipEntry& made) { made.local_size = 8; });
  lie("a smaller size", [](ZipEntry& made) { made.size = 3; });
  lie("a larger size", [](ZipEntry& made) { made.size = 5000; });
  lie("a size of 4 GiB", [](ZipEntry& made) { made.size = 0xfffffffe; });
  lie("a marker without zip64", [](ZipEntry& made) { made.size = 0xffffffff; });
  lie("a wrong checksum", [](ZipEntry& made) { made.crc = 1; });
  lie("bytes after the data", [](ZipEntry& made) { made.after = "gap"; });
  lie("an offset within", [](ZipEntry& made) { made.offset = 5; });
  lie("an offset far away", [](ZipEntry& made) { made.offset = 0x7fffffff; });
  lie("another disk's flags", [](ZipEntry& made) { made.local_flags = 8; });
  lie("encryption", [](ZipEntry& made) { made.flags = 1; });
  lie("a patch", [](ZipEntry& made) { made.flags = 32; });
  lie("strong encryption", [](ZipEntry& made) { made.flags = 64; });
  lie("a masked header", [](ZipEntry& made) { made.flags = 8192; });
  lie("a descriptor of another checksum", [](ZipEntry& made) {
    made.flags = 8;
    made.descriptor_crc = 9;
  });
  lie("an extra field that is too long", [](ZipEntry& made) { made.extra = "\x99\x99\x50x"; });
}

void add_hidden_members(ArchiveCases& cases) {
  ZipEntry hidden = entry("hidden", "evil");
  hidden.unlisted = true;
  const ZipEntry shown = entry("f", "x");
  cases.refused("unlisted last", "a.zip", ZipBuilder().add(shown).add(hidden).finish());
  cases.refused("unlisted first", "a.zip", ZipBuilder().add(hidden).add(shown).finish());
  cases.refused("unlisted between", "a.zip",
                ZipBuilder().add(shown).add(hidden).add(entry("g", "x")).finish());
  cases.refused("unlisted alone", "a.zip", ZipBuilder().add(hidden).finish());
  hidden.name = "f";
  cases.refused("unlisted of the same name", "a.zip", ZipBuilder().add(shown).add(hidden).finish());
  ZipBuilder glued;
  glued.add(shown).prefix = "#!/bin/sh\nexit\n";
  cases.refused("a program in front", "a.zip", glued.finish());
  cases.refused("a program in front, offsets not moved", "a.zip", "#!/bin/sh\n" + one(shown));
  cases.refused("an archive in front", "a.zip", one(entry("g", "y")) + one(shown));
  for (const std::string& tail : {std::string("x"), std::string(4, '\0'), std::string(70'000, 'x'),
                                  one(shown), std::string("PK\5\6", 4)}) {
    cases.refused(cat(tail.size(), " bytes behind"), "a.zip", one(shown) + tail);
  }
  ZipBuilder commented;
  commented.add(shown).comment = ZipBuilder().finish();
  cases.refused("an end record in the comment", "a.zip", commented.finish());
  commented.comment = one(entry("g", "y")) + "!";
  cases.refused("an archive in the comment, and a byte behind it", "a.zip", commented.finish());
  commented.comment = std::string("PK\5\6", 4);
  cases.refused("an end record's signature in the comment", "a.zip", commented.finish());
  for (const int count : {0, 1, 3, 1000, 0xffff}) {
    ZipBuilder zip;
    zip.add(shown).add(entry("g", "y")).announced_entries = static_cast<std::uint16_t>(count);
    cases.refused(cat(count, " announced of 2"), "a.zip", zip.finish());
  }
}

// The bytes of one member counted many times (Fifield's bomb, CVE-2019-13232).
void add_overlaps(ArchiveCases& cases) {
  ZipEntry again = entry("f", "content");
  again.offset = 0;
  cases.refused("one member listed twice", "a.zip",
                ZipBuilder().file("f", "content").add(again).finish());
  ZipBuilder many;
  many.file("f", std::string(10'000, 'x'));
  for (int i = 0; i < 200; ++i) {
    ZipEntry more = entry(cat("f", i), "");
    more.size = 10'000;
    more.offset = 0;
    many.add(more);
  }
  cases.refused("one body, many names", "a.zip", many.finish());
  const std::string inner = one(entry("inner", "evil"));
  ZipEntry quoted = entry("quoted", "");
  quoted.offset = 30 + 5;  // behind the local header of "outer", where its data is
  cases.refused("a member within another's data", "a.zip",
                ZipBuilder().file("outer", inner).add(quoted).finish());
}

// Fields of the end record, by their place in it.
void add_end_records(ArchiveCases& cases) {
  const std::string whole = ZipBuilder().file("f", "x").file("g", "y").finish();
  const std::size_t end = whole.size() - 22;
  const std::pair<const char*, std::size_t> fields[] = {{"signature", 0},
                                                        {"disk", 4},
                                                        {"disk of the directory", 6},
                                                        {"entries here", 8},
                                                        {"entries in all", 10},
                                                        {"length", 12},
                                                        {"offset", 16},
                                                        {"comment", 20}};
  for (const auto& [field, at] : fields) {
    for (const int change : {1, 0x80}) {
      std::string bytes = whole;
      bytes[end + at] = static_cast<char>(bytes[end + at] ^ change);
      cases.refused(cat("end record's ", field, " ^ ", change), "a.zip", bytes);
    }
  }
  ZipBuilder large;
  large.file("f", "x").zip64_end = true;
  const std::string zip64 = large.finish();
  // Of the zip64 end record: its size, disks, counts, length, offset; of the locator: its offset.
  for (const std::size_t at : {4U, 16U, 20U, 24U, 32U, 40U, 48U, 56U, 60U, 64U, 72U}) {
    std::string bytes = zip64;
    const std::size_t start = zip64.size() - 22 - 20 - 56;
    bytes[start + at] = static_cast<char>(bytes[start + at] ^ 0x40);
    cases.refused(cat("zip64 end record, byte ", at), "a.zip", bytes);
  }
}

void add_methods(ArchiveCases& cases) {
  for (const int method : {1, 6, 9, 12, 14, 93, 95, 98, 99, 0xffff}) {
    ZipEntry odd = entry("f", "x");
    odd.method = static_cast<std::uint16_t>(method);
    cases.refused(cat("method ", method), "a.zip", one(odd), "method");
  }
  ZipEntry broken = entry("f", "\x07 this is no deflated data");
  broken.local_method = 8;
  std::string bytes = one(broken);
  bytes[bytes.size() - 22 - 47 + 10] = 8;
  cases.refused("stored data called deflated", "a.zip", bytes);
}

void add_clashes(ArchiveCases& cases) {
  ZipEntry directory = entry("d/", "");
  directory.mode = 040755;
  cases.refused("a file in place of a directory", "a.zip",
                ZipBuilder().add(directory).file("d", "x").finish(), "directory");
  cases.extracted("a directory in place of a file", "a.zip",
                  ZipBuilder().file("d", "x").add(directory).file("d/f", "x").finish(),
                  {directory_at("d"), file_at("d/f")});
  cases.extracted("the last of two", "a.zip", ZipBuilder().file("A", "1").file("A", "22").finish(),
                  {file_at("A", "22")});
  ZipEntry wrong = entry("A", "1");
  wrong.crc = 1;
  cases.refused("a damaged one that is replaced", "a.zip",
                ZipBuilder().add(wrong).file("A", "2").finish());
  directory.data = "data";
  cases.refused("a directory with data", "a.zip", one(directory));
  ZipEntry link = entry("l/", "target");
  link.mode = 0120777;
  cases.refused("a link named as a directory", "a.zip", one(link));
}

}  // namespace

void add_zip_records(ArchiveCases& cases) {
  add_contradictions(cases);
  add_hidden_members(cases);
  add_overlaps(cases);
  add_end_records(cases);
  add_methods(cases);
  add_clashes(cases);
}

}  // namespace slipway::tests
