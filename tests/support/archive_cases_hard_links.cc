// Hard links to what they must not reach; several archives that land in one place.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

void add_hard_links_with_data(ArchiveCases& cases) {
  const std::string secret = cases.outside() + "/secret";
  for (const std::string& target : {std::string("f"), secret, std::string("s")}) {
    TarMember link;
    link.name = "h";
    link.type = '1';
    link.link = target;
    link.data = "evil";
    for (const bool pax : {false, true}) {
      TarBuilder tar = TarBuilder().file("f", "good").symlink("s", secret);
      if (pax) tar.pax({{"size", "4"}});
      cases.refused(cat(pax ? "pax: " : "", "with data, to ", target), "a.tar",
                    tar.add(link).finish());
    }
  }
}

void add_good_hard_links(ArchiveCases& cases) {
  cases.extracted("to a file", "a.tar",
                  TarBuilder().file("d/f", "x").hard_link("h", "d/f").finish(),
                  {file_at("d/f"), hard_link_at("h", "d/f")});
  cases.extracted("to an absolute name of the archive", "a.tar",
                  TarBuilder().file("/d/f", "x").hard_link("/h", "//d/f").finish(),
                  {file_at("d/f"), hard_link_at("h", "d/f")});
  cases.extracted("to a file that is replaced later", "a.tar",
                  TarBuilder().file("f", "1").hard_link("h", "f").file("f", "2").finish(),
                  {file_at("f", "2"), file_at("h", "1")});
  cases.extracted("written over", "a.tar",
                  TarBuilder().file("f", "1").hard_link("h", "f").file("h", "2", 0600).finish(),
                  {file_at("f", "1"), file_at("h", "2", 0600)});
  const std::string secret = cases.outside() + "/secret";
  cases.extracted("to a link", "a.tar",
                  TarBuilder().symlink("s", secret).hard_link("h", "s").finish(),
                  {link_at("s", secret), hard_link_at("h", "s")});
  cases.extracted("two to one file", "a.tar",
                  TarBuilder().file("f", "x").hard_link("g", "f").hard_link("h", "g").finish(),
                  {file_at("f"), hard_link_at("g", "f"), hard_link_at("h", "f")});
}

}  // namespace

void add_hard_links(ArchiveCases& cases) {
  const std::string& out = cases.outside();
  for (const std::string& target :
       {out + "/secret", std::string("/etc/passwd"), std::string("missing"),
        std::string("d/missing"), std::string("d"), std::string("."), std::string("/"),
        std::string("h"), std::string(""), std::string("f/x"), out.substr(1) + "/secret"}) {
    cases.refused(cat("to '", target, "'"), "a.tar",
                  TarBuilder().directory("d").file("f", "x").hard_link("h", target).finish());
  }
  cases.refused("through a link", "a.tar",
                TarBuilder().symlink("s", out).hard_link("h", "s/secret").finish(),
                "symbolic link");
  cases.refused(
      "written through", "a.tar",
      TarBuilder().symlink("s", out).hard_link("h", "s").file("h/secret", "evil").finish(),
      "symbolic link");
  cases.refused("in place of a directory", "a.tar",
                TarBuilder().file("f", "x").directory("d").hard_link("d", "f").finish(),
                "directory");
  // GNU tar writes that where a file with several names is given twice.
  cases.extracted("of a file to itself", "a.tar",
                  TarBuilder().file("f", "x").hard_link("f", "f").finish(), {file_at("f")});
  add_hard_links_with_data(cases);
  add_good_hard_links(cases);
}

namespace {

ArchiveFile archive(const std::string& name, std::string bytes) {
  return {name, [bytes = std::move(bytes)] { return bytes; }};
}

}  // namespace

void add_several_archives(ArchiveCases& cases) {
  const std::string& out = cases.outside();
  for (const std::string& target :
       {out, std::string("../outside"), std::string("."), std::string("..")}) {
    const ArchiveFile link = archive("link.tar", TarBuilder().symlink("l", target).finish());
    const auto written = archive("write.tar", TarBuilder().file("l/secret", "mine", 0777).finish());
    const auto zip = archive("write.zip", ZipBuilder().file("l/secret", "mine").finish());
    const auto deep = archive("l/secret.gz", compressed({"gzip"}, "mine"));
    // CVE-2025-45582: nothing of a later archive goes through what an earlier one left, and no
    // directory of it takes the place of a link.
    const std::string in_the_way = "a symbolic link stands where the directory 'l' would be placed";
    cases.add({cat("a file through ", target), {link, written}, in_the_way, {}});
    cases.add({cat("a zip's file through ", target), {link, zip}, in_the_way, {}});
    cases.add({cat("the link last, ", target), {written, link}, "directory", {}});
    cases.add({cat("an output_file through ", target), {link, deep}, in_the_way, {}});
  }
  const auto link = archive("link.tar", TarBuilder().symlink("f", out + "/secret").finish());
  const auto lone = archive("f.gz", compressed({"gzip"}, "mine"));
  const auto hard = archive("hard.tar", TarBuilder().hard_link("h", "f").finish());
  const auto bad = archive("bad.tar", TarBuilder().file("../f", "x").finish());
  cases.add({"a lone gzip over a link", {link, lone}, {}, Tree{file_at("f", "mine")}});
  cases.add({"a link over a lone gzip", {lone, link}, {}, Tree{link_at("f", out + "/secret")}});
  cases.add({"a hard link to the other's file", {lone, hard}, "", {}});
  cases.add({"a bad one after a good one", {lone, bad}, "'..'", {}});
  cases.add({"a bad one before a good one", {bad, lone}, "'..'", {}});
}

}  // namespace slipway::tests
