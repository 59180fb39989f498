// Names that are odd and legal, absolute ones, slipway's own, and those that are no names.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"
#include "tests/support/name_carriers.h"

namespace slipway::tests {

namespace {

constexpr const char* kLegalNames[] = {"..evil",
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
                                       "\xe2\x80\xaetxt.exe",
                                       "\xe2\x80\xa4\xe2\x80\xa4/one dot",
                                       "\xc2\x9b[m",
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
                                       "A\xcc\x8a"};

}  // namespace

// All in one archive, where none may be taken for another.
void add_legal_names(ArchiveCases& cases) {
  Names names(std::begin(kLegalNames), std::end(kLegalNames));
  names.push_back(std::string(100, 'n'));
  names.push_back(std::string(255, 'n') + "/" + std::string(255, 'm'));
  names.push_back(std::string(255, '\xe9'));
  for (const auto& carrier : name_carriers()) {
    Names fitting;
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
  const std::string out = cases.outside();
  const Names names = {out + "/secret", "//" + out + "/directory/file", "/./etc/passwd",
                       "/.//./tmp/evil"};
  Tree tree;
  for (const auto& name : names) {
    tree.push_back(file_at(name.substr(name.find_first_not_of("/."))));
  }
  for (const auto& carrier : name_carriers()) {
    cases.extracted(cat(carrier.title, " absolute"), carrier.file, carrier.pack(names), tree);
  }
  cases.extracted("prefix absolute", "a.tar", in_ustar_prefix(names[0]), {tree[0]});
}

void add_slipways_names(ArchiveCases& cases) {
  for (const char* name : {".slipway", ".slipway/stage/x", "./.slipway/entry.json", "/.slipway/x",
                           ".//.slipway//stage/0/tree/x"}) {
    cases.refused(name, "a.tar", TarBuilder().file(name, "x").finish(), "slipway's own place");
  }
  for (const auto& carrier : name_carriers()) {
    cases.refused(cat(carrier.title, " into slipway's own place"), carrier.file,
                  carrier.pack({".slipway/stage/x"}), "slipway's own place");
  }
  cases.refused("a link", "a.tar", TarBuilder().symlink(".slipway", cases.outside()).finish(),
                "slipway's own place");
  cases.refused("a directory", "a.tar", TarBuilder().directory(".slipway").finish(),
                "slipway's own place");
  cases.refused("a hard link", "a.tar",
                TarBuilder().file("f", "x").hard_link(".slipway/f", "f").finish(),
                "slipway's own place");
  cases.refused("lone gzip", ".slipway.gz", compressed({"gzip"}, "x"), "slipway's own place");
}

}  // namespace

void add_other_names(ArchiveCases& cases) {
  add_absolute_names(cases);
  add_slipways_names(cases);
  const std::string components[] = {std::string(256, 'n'), "a/" + std::string(256, 'n') + "/b"};
  for (const auto& carrier : name_carriers()) {
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
  cases.refused("pax with NUL", "a.tar",
                TarBuilder().pax({{"path", with_nul}}).file("innocent", "x").finish());
  cases.refused("binary pax with NUL", "a.tar",
                TarBuilder()
                    .pax({{"hdrcharset", "BINARY"}, {"path", with_nul}})
                    .file("innocent", "x")
                    .finish());
  cases.refused("zip with NUL", "a.zip", ZipBuilder().file(with_nul, "x").finish(), "NUL");
  cases.refused("pax link with NUL", "a.tar",
                TarBuilder().pax({{"linkpath", with_nul}}).symlink("l", "t").finish());
  cases.extracted("dots and slashes that say nothing", "a.tar",
                  TarBuilder().file("./a//b/./c", "x").directory(".//d/./").finish(),
                  {file_at("a/b/c"), directory_at("d")});
}

}  // namespace slipway::tests
