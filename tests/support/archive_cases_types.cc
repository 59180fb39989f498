// Kinds of members that are never extracted, and what of a member's attributes is kept.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

// The rule: of the mode 0777 & ~022 counts, and the owner may always replace what is his.
unsigned file_mode(unsigned mode) {
  return (mode & 0755U) | 0600U;
}
unsigned directory_mode(unsigned mode) {
  return (mode & 0755U) | 0700U;
}

void add_special_types(ArchiveCases& cases) {
  for (const auto& [type, kind] :
       {std::pair('3', "device"), std::pair('4', "device"), std::pair('6', "fifo")}) {
    for (const std::string magic : {"ustar", "ustar  "}) {
      TarMember member;
      member.name = "special";
      member.type = type;
      member.magic = magic;
      member.mode = 0666;
      // /dev/null and /dev/loop0, say; as root they could be made.
      member.patches = {{329, type == '3' ? "0000001" : "0000007"}, {337, "0000003"}};
      cases.refused(cat("type ", std::string(1, type), ' ', magic), "a.tar",
                    TarBuilder().add(member).finish(), kind);
      cases.refused(cat("after a file, type ", std::string(1, type), ' ', magic), "a.tar",
                    TarBuilder().file("special", "x").add(member).finish(), kind);
    }
  }
  for (const unsigned mode : {0020666U, 0060666U, 0010666U, 0140777U, 0170777U, 0030666U}) {
    ZipEntry entry;
    entry.name = "special";
    entry.mode = mode;
    cases.refused(cat("zip mode ", mode), "a.zip", ZipBuilder().add(entry).finish());
    entry.name = "special/";
    cases.refused(cat("zip mode ", mode, " named as a directory"), "a.zip",
                  ZipBuilder().add(entry).finish());
  }
}

// POSIX: what is not known is a file; contiguous files are files.
void add_unknown_types(ArchiveCases& cases) {
  TarMember member;
  member.name = "f";
  member.data = "x";
  for (const char type : std::string("7\0", 2)) {
    member.type = type;
    cases.extracted(cat("file of type ", static_cast<int>(type)), "a.tar",
                    TarBuilder().add(member).finish(), {file_at("f")});
  }
  for (const char type : {'8', '9', 'Z', 'a', 's', '\xff', '\n'}) {
    member.type = type;
    cases.either(cat("unknown type ", static_cast<int>(type)), "a.tar",
                 TarBuilder().add(member).finish(), {file_at("f")});
  }
  // A second half without the first one; a dump of a directory's names.
  member.type = 'M';
  cases.refused("continued file", "a.tar", TarBuilder().add(member).finish());
  member.type = 'V';
  member.data = "";
  cases.extracted("volume label", "a.tar", TarBuilder().add(member).file("g", "x").finish(),
                  {file_at("g")});
}

void add_modes(ArchiveCases& cases) {
  TarBuilder tar;
  TarBuilder content_first;
  ZipBuilder zip;
  Tree tree;
  for (const unsigned mode : {04755U, 02755U, 01777U, 07777U, 0777U, 0666U, 0U, 0111U, 0222U, 0444U,
                              0500U, 0070U, 0007U}) {
    const std::string file = cat("f", mode);
    const std::string directory = cat("d", mode);
    const std::string inner = directory + "/in";
    tar.file(file, "x", mode).directory(directory, mode).file(inner, "x", mode);
    content_first.file(file, "x", mode).file(inner, "x", mode).directory(directory, mode);
    for (const auto& [name, type] : {std::pair(file, 0100000U), std::pair(directory + "/", 040000U),
                                     std::pair(inner, 0100000U)}) {
      ZipEntry entry;
      entry.name = name;
      entry.data = name.ends_with('/') ? "" : "x";
      entry.mode = type | mode;
      zip.add(entry);
    }
    tree.push_back(file_at(file, "x", file_mode(mode)));
    tree.push_back(directory_at(directory, directory_mode(mode)));
    tree.push_back(file_at(inner, "x", file_mode(mode)));
  }
  cases.extracted("modes in tar", "a.tar", tar.finish(), tree);
  cases.extracted("modes in tar, content first", "a.tar", content_first.finish(), tree);
  cases.extracted("modes in zip", "a.zip", zip.finish(), tree);
}

void add_the_destination(ArchiveCases& cases) {
  TarBuilder tar;
  for (const char* name : {"./", "/", ".", "./.", "//", "././/"}) {
    tar.directory(name, 07777).directory(name, 0);
    cases.refused(cat("destination as a link ", name), "a.tar",
                  TarBuilder().symlink(name, cases.outside()).finish(), "destination");
    cases.refused(cat("destination as a hard link ", name), "a.tar",
                  TarBuilder().file("f", "x").hard_link(name, "f").finish());
    cases.refused(cat("destination as a fifo ", name), "a.tar",
                  TarBuilder().special(name, '6').finish());
    cases.refused(cat("destination as a file ", name), "a.tar",
                  TarBuilder().file(name, "x").finish());
  }
  cases.extracted("destination as a directory", "a.tar", tar.file("f", "x").finish(),
                  {file_at("f")});
  ZipEntry entry;
  entry.name = "./";
  entry.mode = 040000;
  cases.extracted("zip destination", "a.zip", ZipBuilder().add(entry).file("f", "x").finish(),
                  {file_at("f")});
  entry.mode = 0120777;
  entry.data = cases.outside();
  cases.refused("zip destination as a link", "a.zip", ZipBuilder().add(entry).finish());
}

}  // namespace

void add_types_and_modes(ArchiveCases& cases) {
  add_special_types(cases);
  add_unknown_types(cases);
  add_modes(cases);
  add_the_destination(cases);
}

namespace {

void add_owners(ArchiveCases& cases) {
  const std::string base256 = std::string("\x80\0\0\0\x7f\xff\xff\xff", 8);
  for (const std::string& id : {std::string("0000000"), std::string("0001750"),
                                std::string("7777777"), base256, std::string("        ")}) {
    TarMember member;
    member.name = "f";
    member.data = "x";
    member.patches = {{108, id}, {116, id}, {265, "root"}, {297, "root"}};
    cases.extracted(cat("owner ", id), "a.tar", TarBuilder().add(member).finish(), {file_at("f")});
  }
  cases.extracted("owner in pax", "a.tar",
                  TarBuilder()
                      .pax({{"uid", "4294967296"}, {"gid", "0"}, {"uname", "root"}, {"gname", "w"}})
                      .file("f", "x", 06755)
                      .finish(),
                  {file_at("f", "x", 0755)});
}

}  // namespace

void add_attributes(ArchiveCases& cases) {
  add_owners(cases);
  // The capability CAP_SETUID, permitted and effective, as setcap(8) writes it.
  const std::string capability("\1\0\0\2\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const std::pair<std::string, std::string> records[] = {
      {"SCHILY.xattr.security.capability", capability},
      {"LIBARCHIVE.xattr.security.capability", "AQAAAoAAAAAAAAAAAAAAAAAAAAA"},
      {"SCHILY.xattr.user.note", "marked"},
      {"LIBARCHIVE.xattr.user.note", "bWFya2Vk"},
      {"SCHILY.xattr.trusted.overlay.opaque", "y"},
      {"SCHILY.xattr.", "y"},
      {"LIBARCHIVE.xattr.%", "!!"},
      {"SCHILY.acl.access", "user::rwx,user:nobody:rwx,group::rwx,mask::rwx,other::rwx"},
      {"SCHILY.acl.default", "user::rwx,group::rwx,other::rwx"},
      {"SCHILY.acl.access", "nonsense"},
      {"SCHILY.fflags", "uappnd,uimmutable"},
      {"RHT.security.selinux", "system_u:object_r:shadow_t:s0"},
      {"VENDOR.unknown", "value"},
      {"comment", "line\nfeed\x1b[31m"}};
  TarBuilder tar;
  Tree tree;
  for (const auto& record : records) {
    const std::string name = cat("m", tree.size());
    tar.pax({record}).file(name, "x", 0755).pax({record}).directory(name + "d");
    tree.push_back(file_at(name, "x", 0755));
    tree.push_back(directory_at(name + "d"));
  }
  cases.extracted("attributes in pax", "a.tar", tar.finish(), tree);
}

}  // namespace slipway::tests
