// Symbolic links that lead outside, and what is then written through them.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

constexpr char kThrough[] = "symbolic link";

ZipEntry zip_link(const std::string& name, const std::string& target) {
  ZipEntry link;
  link.name = name;
  link.data = target;
  link.mode = 0120777;
  return link;
}

// A target of any length.
TarBuilder tar_link(const std::string& name, const std::string& target) {
  return TarBuilder().gnu_long('K', target).symlink(name, "x");
}

void add_writes_through(ArchiveCases& cases, const std::string& target) {
  const std::string shown = target.substr(0, 60);
  const auto refused = [&](std::string_view what, const TarBuilder& tar) {
    cases.refused(cat(what, " through ", shown), "a.tar", tar.finish(), kThrough);
  };
  const TarBuilder link = tar_link("l", target).directory("dir").file("f", "x");
  refused("file", TarBuilder(link).file("l/secret", "evil", 0777));
  refused("directory", TarBuilder(link).directory("l/directory", 0777));
  refused("new directory", TarBuilder(link).directory("l/new/deep", 0777));
  refused("link", TarBuilder(link).symlink("l/secret", "evil"));
  refused("hard link", TarBuilder(link).hard_link("l/new", "f"));
  refused("hard link out of", TarBuilder(link).hard_link("h", "l/secret"));
  refused("deep file", TarBuilder(link).file("l/a/b/c", "evil"));
  const auto zip_refused = [&](std::string_view what, const ZipEntry& entry) {
    cases.refused(cat("zip ", what, " through ", shown), "a.zip",
                  ZipBuilder().add(zip_link("l", target)).add(entry).finish(), kThrough);
  };
  ZipEntry file;
  file.name = "l/secret";
  file.data = "evil";
  ZipEntry directory;
  directory.name = "l/directory/";
  directory.mode = 040777;
  zip_refused("file", file);
  zip_refused("directory", directory);
  zip_refused("link", zip_link("l/secret", "evil"));
}

void add_chains(ArchiveCases& cases) {
  const std::string& out = cases.outside();
  cases.refused("a chain of links", "a.tar",
                TarBuilder()
                    .symlink("a", out)
                    .symlink("b", "a")
                    .symlink("c", "b")
                    .file("c/secret", "evil")
                    .finish(),
                kThrough);
  cases.refused("a directory, then links within it", "a.tar",
                TarBuilder()
                    .directory("d")
                    .symlink("d/up", "..")
                    .symlink("d/out", "up/../outside")
                    .file("d/out/secret", "evil")
                    .finish(),
                kThrough);
  // As CVE-2025-4517 does it: realpath(3) gives up at PATH_MAX.
  TarBuilder deep;
  std::string path;
  for (char step = 'a'; step <= 'p'; ++step) {
    deep.pax({{"path", path + std::string(240, 'd')}}).directory("x");
    deep.pax({{"path", path + step}, {"linkpath", std::string(240, 'd')}}).symlink("x", "x");
    path += std::string(1, step) + "/";
  }
  cases.refused("links that make a path too long to resolve", "a.tar",
                deep.pax({{"path", path + "up"}, {"linkpath", "../../../.."}})
                    .symlink("x", "x")
                    .file("escape", "x")
                    .finish(),
                kThrough);
  // A hard link that takes a relative link to where it means something else.
  cases.refused("a link that is moved by a hard link", "a.tar",
                TarBuilder()
                    .directory("a/b/c")
                    .symlink("a/b/c/l", "../../../outside")
                    .hard_link("l", "a/b/c/l")
                    .file("l/secret", "evil")
                    .finish(),
                kThrough);
}

// A later member of the same name replaces the link, and what it leads to stays as it is.
void add_replaced_links(ArchiveCases& cases) {
  const std::string secret = cases.outside() + "/secret";
  const std::string directory = cases.outside() + "/directory";
  cases.extracted("a file in place of a link", "a.tar",
                  TarBuilder().symlink("l", secret).file("l", "mine", 0777).finish(),
                  {file_at("l", "mine", 0755)});
  cases.extracted(
      "a directory in place of a link", "a.tar",
      TarBuilder().symlink("l", directory).directory("l", 0777).file("l/f", "x").finish(),
      {directory_at("l"), file_at("l/f")});
  cases.extracted("a link in place of a file", "a.tar",
                  TarBuilder().file("l", "x", 0777).symlink("l", secret).finish(),
                  {link_at("l", secret)});
  cases.extracted(
      "a file in place of a hard link to a link", "a.tar",
      TarBuilder().symlink("s", secret).hard_link("h", "s").file("h", "mine", 0777).finish(),
      {link_at("s", secret), file_at("h", "mine", 0755)});
  cases.extracted("zip: a file in place of a link", "a.zip",
                  ZipBuilder().add(zip_link("l", secret)).file("l", "mine").finish(),
                  {file_at("l", "mine")});
  // Modes and times of directories are set last, when the name may lead elsewhere.
  cases.refused("a link in place of a directory whose times are still to be set", "a.tar",
                TarBuilder().directory("d", 0777).symlink("d", directory).finish(), "directory");
  cases.refused("a link in place of a directory with content", "a.tar",
                TarBuilder().file("d/f", "x").symlink("d", directory).finish(), "directory");
  cases.extracted("a directory, then a link beside it", "a.tar",
                  TarBuilder().directory("d", 0700).symlink("e", "d").directory("e", 0777).finish(),
                  {directory_at("d", 0700), directory_at("e")});
}

void add_stored_links(ArchiveCases& cases) {
  const std::string targets[] = {cases.outside(),
                                 "/etc/passwd",
                                 "../../x",
                                 "nowhere",
                                 "l6",
                                 ".",
                                 "/",
                                 "caf\xe9\n\x1b[m",
                                 "cafe\xcc\x81",
                                 "caf\xc3\xa9",
                                 std::string(4095, 't')};
  TarBuilder gnu;
  TarBuilder pax;
  ZipBuilder zip;
  Tree tree;
  for (const auto& target : targets) {
    const std::string name = cat("l", tree.size());
    gnu.gnu_long('K', target).symlink(name, "x");
    pax.pax({{"linkpath", target}}).symlink(name, "x");
    zip.add(zip_link(name, target));
    tree.push_back(link_at(name, target));
  }
  cases.extracted("GNU K links", "a.tar", gnu.finish(), tree);
  cases.extracted("pax links", "a.tar", pax.finish(), tree);
  cases.extracted("zip links", "a.zip", zip.finish(), tree);
  cases.refused("too long a target", "a.tar", tar_link("l", std::string(4096, 't')).finish(),
                "4095");
  cases.refused("no target", "a.tar", TarBuilder().symlink("l", "").finish());
  cases.refused("zip: no target", "a.zip", ZipBuilder().add(zip_link("l", "")).finish());
  cases.refused("zip: a NUL in a target", "a.zip",
                ZipBuilder().add(zip_link("l", std::string("a\0b", 3))).finish());
}

}  // namespace

void add_symbolic_links(ArchiveCases& cases) {
  const std::string& out = cases.outside();
  std::string longest = out;
  while (longest.size() + 2 < 4096) longest += "/.";
  for (const std::string& target :
       {out, std::string("../outside"), std::string("../../../../../outside"), std::string("."),
        std::string(".."), std::string("/"), std::string("dir"), std::string("dir/../../outside"),
        std::string("nowhere"), std::string("l"), out + "/secret", longest}) {
    add_writes_through(cases, target);
  }
  add_chains(cases);
  add_replaced_links(cases);
  add_stored_links(cases);
}

}  // namespace slipway::tests
