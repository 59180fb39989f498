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
  for (const unsigned mode : {04755U, 02755U, 01777U, 07777U, 0777U, 0666U, 0U, 0111U, 0222U, 0444U,
                              0500U, 0070U, 0007U}) {
    const std::string text = cat("mode ", mode);
    const Tree tree = {file_at("f", "x", file_mode(mode)), directory_at("d", directory_mode(mode)),
                       file_at("d/in", "x", file_mode(mode))};
    cases.extracted(
        cat("tar ", text), "a.tar",
        TarBuilder().file("f", "x", mode).directory("d", mode).file("d/in", "x", mode).finish(),
        tree);
    cases.extracted(
        cat("content first, ", text), "a.tar",
        TarBuilder().file("f", "x", mode).file("d/in", "x", mode).directory("d", mode).finish(),
        tree);
    ZipEntry file;
    file.name = "f";
    file.data = "x";
    file.mode = 0100000 | mode;
    ZipEntry inner = file;
    inner.name = "d/in";
    ZipEntry directory;
    directory.name = "d/";
    directory.mode = 040000 | mode;
    cases.extracted(cat("zip ", text), "a.zip",
                    ZipBuilder().add(file).add(directory).add(inner).finish(), tree);
  }
}

void add_the_destination(ArchiveCases& cases) {
  for (const char* name : {"./", "/", ".", "./.", "//", "././/"}) {
    for (const unsigned mode : {0U, 0777U, 07777U}) {
      cases.extracted(
          cat("destination ", name, ' ', mode), "a.tar",
          TarBuilder().directory(name, mode).file("f", "x").directory(name, mode).finish(),
          {file_at("f")});
    }
    cases.refused(cat("destination as a link ", name), "a.tar",
                  TarBuilder().symlink(name, cases.outside()).finish(), "destination");
    cases.refused(cat("destination as a hard link ", name), "a.tar",
                  TarBuilder().file("f", "x").hard_link(name, "f").finish());
    cases.refused(cat("destination as a fifo ", name), "a.tar",
                  TarBuilder().special(name, '6').finish());
    cases.refused(cat("destination as a file ", name), "a.tar",
                  TarBuilder().file(name, "x").finish());
  }
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
  for (const auto& record : records) {
    const TarBuilder tar = TarBuilder().pax({record}).file("f", "x", 0755).pax({record});
    cases.extracted(cat("file: ", record.first, '=', record.second), "a.tar",
                    TarBuilder(tar).directory("d").finish(),
                    {file_at("f", "x", 0755), directory_at("d")});
  }
}

}  // namespace slipway::tests
