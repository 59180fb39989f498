// Names of members, in every place where a format can hold one.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

using Names = std::vector<std::string>;

// A place for names: an archive whose members, files that hold "x", have them.
struct Carrier {
  const char* title;
  const char* file;
  std::string (*pack)(const Names& names);
  std::size_t longest;  // name that it can hold
};

// One member of each name.
std::string tar_of(const Names& names, void (*add)(TarBuilder& tar, const std::string& name)) {
  TarBuilder tar;
  for (const auto& name : names) add(tar, name);
  return tar.finish();
}

std::string in_ustar(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) { tar.file(name, "x"); });
}

std::string in_v7(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    TarMember member;
    member.name = name;
    member.data = "x";
    member.magic = "";
    tar.add(member);
  });
}

std::string in_pax(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.pax({{"path", name}}).file("innocent", "x");
  });
}

std::string in_binary_pax(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.pax({{"hdrcharset", "BINARY"}, {"path", name}}).file("innocent", "x");
  });
}

std::string in_gnu(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.gnu_long('L', name).file("innocent", "x");
  });
}

// POSIX: the prefix, a '/', the name.
std::string in_prefix(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  TarMember member;
  member.name = name.substr(slash + 1);
  member.data = "x";
  member.patches = {{345, name.substr(0, slash)}};
  return TarBuilder().add(member).finish();
}

std::string zip_of(const Names& names, std::uint16_t flags) {
  ZipBuilder zip;
  for (const auto& name : names) {
    ZipEntry entry;
    entry.name = name;
    entry.data = "x";
    entry.flags = flags;
    zip.add(entry);
  }
  return zip.finish();
}

std::string in_zip(const Names& names) {
  return zip_of(names, 0);
}

std::string in_utf8_zip(const Names& names) {
  return zip_of(names, 0x800);
}

constexpr Carrier kCarriers[] = {
    {"ustar", "a.tar", in_ustar, 100},
    {"v7", "a.tar", in_v7, 100},
    {"pax", "a.tar", in_pax, 5000},
    {"binary pax", "a.tar", in_binary_pax, 5000},
    {"GNU L", "a.tar", in_gnu, 5000},
    {"zip", "a.zip", in_zip, 5000},
    {"UTF-8 zip", "a.zip", in_utf8_zip, 5000},
};

// Other members than files, by their name.
void add_climbing_members(ArchiveCases& cases, const std::string& name) {
  const auto refused = [&](std::string_view kind, const TarBuilder& tar) {
    cases.refused(cat(kind, ' ', name), "a.tar", tar.finish(), "'..'");
  };
  refused("directory", TarBuilder().directory(name));
  refused("link", TarBuilder().symlink(name, "x"));
  refused("hard link", TarBuilder().file("f", "x").hard_link(name, "f"));
  refused("hard link to", TarBuilder().file("f", "x").hard_link("h", name));
  refused("pax hard link to",
          TarBuilder().file("f", "x").pax({{"linkpath", name}}).hard_link("h", "f"));
  refused("GNU K hard link to",
          TarBuilder().file("f", "x").gnu_long('K', name).hard_link("h", "f"));
  ZipEntry link;
  link.name = name;
  link.data = "x";
  link.mode = 0120777;
  cases.refused(cat("zip link ", name), "a.zip", ZipBuilder().add(link).finish(), "'..'");
}

void add_hidden_climbing(ArchiveCases& cases) {
  const std::string evil = "../evil";
  cases.refused("GNU.sparse.name", "a.tar",
                TarBuilder()
                    .pax({{"GNU.sparse.major", "1"},
                          {"GNU.sparse.minor", "0"},
                          {"GNU.sparse.name", evil},
                          {"GNU.sparse.realsize", "1"}})
                    .file("innocent", "1\n0\n1\n" + std::string(506, '\0') + "x")
                    .finish(),
                "'..'");
  // Version 1, the CRC of nothing we care for, the name.
  const auto field = [](const std::string& name) {
    return std::string("\x75\x70", 2) + static_cast<char>(name.size() + 5) +
           std::string(
               "\0\x01"
               "crc!",
               6) +
           name;
  };
  ZipEntry entry;
  entry.name = "innocent";
  entry.data = "x";
  entry.extra = field(evil);
  cases.refused("zip unicode path", "a.zip", ZipBuilder().add(entry).finish(), "two names");
  entry.name = evil;
  cases.refused("zip both paths", "a.zip", ZipBuilder().add(entry).finish(), "'..'");
  entry.extra = field("innocent");
  cases.refused("zip plain path", "a.zip", ZipBuilder().add(entry).finish());
}

}  // namespace

void add_climbing_names(ArchiveCases& cases) {
  const std::string names[] = {"../f",
                               "..",
                               "../",
                               "a/../../f",
                               "a/..",
                               "a/../f",
                               "./../f",
                               "/../f",
                               "/..",
                               "a/b/../../../f",
                               ".//..//f",
                               "../outside/secret",
                               "../../../../../outside/secret",
                               "../../../../../../outside/secret",
                               cases.outside() + "/../outside/secret"};
  for (const auto& name : names) {
    for (const auto& carrier : kCarriers) {
      cases.refused(cat(carrier.title, ' ', name), carrier.file, carrier.pack({name}), "'..'");
    }
    if (name.find('/') != std::string::npos && name != "/..") {
      cases.refused(cat("ustar prefix ", name), "a.tar", in_prefix(name), "'..'");
    }
    add_climbing_members(cases, name);
  }
  add_hidden_climbing(cases);
}

// All in one archive, where none may be taken for another.
void add_legal_names(ArchiveCases& cases) {
  const std::vector<std::string> names = {"..evil",
                                          "...",
                                          "a..",
                                          "..a/b..",
                                          "-rf",
                                          "--help",
                                          "a b",
                                          " leading",
                                          "trailing ",
                                          "a\\b",
                                          "..\\..\\f",
                                          "C:\\x",
                                          "C:x",
                                          "\\\\host\\share",
                                          "line\nfeed",
                                          "carriage\rreturn",
                                          "tab\tulator",
                                          "\x1b[31mred\x1b]0;title\x07",
                                          "caf\xe9 latin-1",
                                          "\xff\xfe\xc0\xaf",
                                          "caf\xc3\xa9",
                                          "cafe\xcc\x81",
                                          "\xe2\x80\xae"
                                          "fdp.exe",
                                          "\xe2\x80\xa4\xe2\x80\xa4/one dot",
                                          "\xc2\x9b"
                                          "31m",
                                          "~root",
                                          "$HOME",
                                          "*",
                                          "?",
                                          "`id`;|&",
                                          "'",
                                          "\"",
                                          "%2e%2e%2f",
                                          "nul",
                                          "\x7f",
                                          "PaxHeaders.0/x",
                                          "@LongLink",
                                          ".slipway.",
                                          ".SLIPWAY/stage",
                                          "x/.slipway/stage",
                                          "README",
                                          "readme",
                                          "\xe2\x84\xab",
                                          "\xc3\x85",
                                          "A\xcc\x8a",
                                          std::string(100, 'n'),
                                          std::string(255, 'n') + "/" + std::string(255, 'm'),
                                          std::string(255, '\xe9')};
  for (const auto& carrier : kCarriers) {
    std::vector<std::string> fitting;
    Tree tree;
    for (const auto& name : names) {
      if (name.size() > carrier.longest) continue;
      fitting.push_back(name);
      tree.push_back(file_at(name));
    }
    cases.extracted(cat("legal names in ", carrier.title), carrier.file, carrier.pack(fitting),
                    tree);
  }
}

namespace {

void add_absolute_names(ArchiveCases& cases) {
  const std::string secret = cases.outside() + "/secret";
  for (const std::string& name :
       {secret, "/" + secret, "/./" + secret, std::string("/etc/passwd")}) {
    const std::string path = name.substr(name.find_first_not_of("/."));
    for (const auto& carrier : kCarriers) {
      cases.extracted(cat(carrier.title, " absolute ", name), carrier.file, carrier.pack({name}),
                      {file_at(path)});
    }
    cases.extracted(cat("prefix absolute ", name), "a.tar", in_prefix(name), {file_at(path)});
  }
}

void add_slipways_names(ArchiveCases& cases) {
  for (const char* name : {".slipway", ".slipway/stage/x", "./.slipway/entry.json", "/.slipway/x",
                           ".//.slipway//stage/0/tree/x"}) {
    for (const auto& carrier : kCarriers) {
      cases.refused(cat(carrier.title, ' ', name), carrier.file, carrier.pack({name}),
                    "slipway's own place");
    }
  }
  cases.refused("a link", "a.tar", TarBuilder().symlink(".slipway", cases.outside()).finish(),
                "slipway's own place");
  cases.refused("a directory", "a.tar", TarBuilder().directory(".slipway").finish(),
                "slipway's own place");
  cases.refused("a hard link", "a.tar",
                TarBuilder().file("f", "x").hard_link(".slipway/f", "f").finish(),
                "slipway's own place");
  cases.refused("lone gzip", ".slipway.gz", compress({"gzip"}, "x"), "slipway's own place");
}

}  // namespace

void add_other_names(ArchiveCases& cases) {
  add_absolute_names(cases);
  add_slipways_names(cases);
  const std::string components[] = {std::string(256, 'n'), "a/" + std::string(256, 'n') + "/b"};
  for (const auto& carrier : kCarriers) {
    // An empty second name may mean the first one.
    cases.either(cat(carrier.title, " empty"), carrier.file, carrier.pack({""}),
                 {file_at("innocent")});
    cases.refused(cat(carrier.title, " of the destination"), carrier.file, carrier.pack({"."}),
                  "destination");
    if (carrier.longest > 1000) {
      for (const auto& name : components) {
        cases.refused(cat(carrier.title, " component of 256"), carrier.file, carrier.pack({name}),
                      "255");
      }
    }
  }
  const std::string with_nul("a\0/../../f", 10);
  for (const auto pack : {in_pax, in_binary_pax}) {
    cases.refused("pax with NUL", "a.tar", pack({with_nul}));
  }
  cases.refused("zip with NUL", "a.zip", in_zip({with_nul}), "NUL");
  cases.refused("pax link with NUL", "a.tar",
                TarBuilder().pax({{"linkpath", with_nul}}).symlink("l", "t").finish());
  cases.extracted("dots and slashes that say nothing", "a.tar",
                  TarBuilder().file("./a//b/./c", "x").directory(".//d/./").finish(),
                  {file_at("a/b/c"), directory_at("d")});
}

}  // namespace slipway::tests
