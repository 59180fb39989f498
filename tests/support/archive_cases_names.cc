// Names that climb out of the directory, in every place where a format can hold a name.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"
#include "tests/support/name_carriers.h"

namespace slipway::tests {

namespace {

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
    for (const auto& carrier : name_carriers()) {
      cases.refused(cat(carrier.title, ' ', name), carrier.file, carrier.pack({name}), "'..'");
    }
    if (name.find('/') != std::string::npos && name != "/..") {
      cases.refused(cat("ustar prefix ", name), "a.tar", in_ustar_prefix(name), "'..'");
    }
    add_climbing_members(cases, name);
  }
  add_hidden_climbing(cases);
}

}  // namespace slipway::tests
