// Zip archives that mean no harm and are unusual.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

// Stored or deflated, with a descriptor and its signature or without, sizes of 32 or 64 bits.
void add_shapes(ArchiveCases& cases) {
  const std::string data(5000, 'z');
  ZipBuilder zip;
  Tree tree;
  for (unsigned shape = 0; shape < 16; ++shape) {
    ZipEntry entry;
    entry.name = cat("shape ", shape);
    entry.data = data;
    entry.method = (shape & 1U) != 0 ? 8 : 0;
    entry.flags = (shape & 2U) != 0 ? 8 : 0;
    entry.zip64 = (shape & 4U) != 0;
    entry.descriptor_signature = (shape & 8U) != 0;
    zip.add(entry);
    tree.push_back(file_at(entry.name, data));
  }
  cases.extracted("members of every shape", "a.zip", zip.finish(), tree);
  zip.zip64_end = true;
  cases.extracted("members of every shape, zip64 end", "a.zip", zip.finish(), tree);
}

// Modes are Unix's only where the writer says Unix.
void add_other_systems(ArchiveCases& cases) {
  ZipBuilder zip;
  Tree tree;
  for (const int system : {0, 6, 10, 11, 14, 255}) {
    ZipEntry dos;
    dos.name = cat("system ", system);
    dos.data = "x";
    dos.made_on = static_cast<std::uint16_t>(system);
    dos.mode = 0120777;  // means nothing there: no link
    zip.add(dos);
    tree.push_back(file_at(dos.name));
  }
  cases.extracted("made on other systems", "a.zip", zip.finish(), tree);
}

}  // namespace

void add_honest_zip(ArchiveCases& cases) {
  add_shapes(cases);
  cases.extracted("no members", "a.zip", ZipBuilder().finish(), {});
  ZipBuilder commented;
  commented.file("f", "x").comment = "a comment\nof two lines";
  cases.extracted("comment", "a.zip", commented.finish(), {file_at("f")});
  add_other_systems(cases);
  ZipEntry bare;
  bare.name = "f";
  bare.data = "x";
  bare.mode = 0;
  ZipEntry directory;
  directory.name = "d/";
  directory.mode = 0;
  cases.extracted("no modes", "a.zip", ZipBuilder().add(bare).add(directory).finish(),
                  {file_at("f"), directory_at("d")});
  const std::pair<const char*, std::string> extras[] = {
      {"zipalign's padding", std::string(3, '\0')},
      {"time", std::string("UT\5\0\1\x15\xcd\x5b\7", 9)},
      {"time that is cut", std::string("UT\1\0\1", 5)},
      {"time before 1970", std::string("UT\5\0\1\0\0\0\x80", 9)},
      {"Unix owner", std::string("ux\x0b\0\1\4\0\0\0\0\4\0\0\0\0", 15)},
      {"an unknown field", std::string("\x99\x99\2\0ab", 6)}};
  ZipBuilder with_extras;
  Tree extracted;
  for (const auto& [title, extra] : extras) {
    ZipEntry entry = bare;
    entry.name = title;
    entry.mode = 0100755;
    entry.extra = extra;
    with_extras.add(entry);
    extracted.push_back(file_at(title, "x", 0755));
  }
  cases.extracted("extra fields", "a.zip", with_extras.finish(), extracted);
  const std::string inner = ZipBuilder().file("deep", "x").finish();
  cases.extracted("an inner archive stays packed", "a.zip",
                  ZipBuilder().file("b.zip", inner).finish(), {file_at("b.zip", inner)});
}

}  // namespace slipway::tests
