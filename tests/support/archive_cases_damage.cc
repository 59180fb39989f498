// Archives that are cut, changed, followed by something, or are something else than they are
// called.
#include "fetcher/archive/archive_format.h"
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"
#include "tests/support/noise.h"

namespace slipway::tests {

namespace {

// What compresses badly, so that a cut anywhere takes some of it away.
std::string content() {
  return noise(3000);
}

std::string small_tar() {
  return TarBuilder().file("d/f", content()).symlink("l", "d/f").finish();
}

Tree small_tree() {
  return {file_at("d/f", content()), link_at("l", "d/f")};
}

struct Packed {
  const char* title;
  const char* file;
  std::string bytes;
};

// One of each kind; made once, programs are started for it.
const std::vector<Packed>& packed() {
  static const std::vector<Packed> all = {
      {"tar", "a.tar", small_tar()},
      {"tar.gz", "a.tar.gz", compressed({"gzip"}, small_tar())},
      {"tar.bz2", "a.tar.bz2", compressed({"bzip2"}, small_tar())},
      {"tar.xz", "a.tar.xz", compressed({"xz"}, small_tar())},
      {"tar.zst", "a.tar.zst", compressed({"zstd", "--check"}, small_tar())},
      {"gz", "f.gz", compressed({"gzip"}, content())},
      {"zip", "a.zip", ZipBuilder().file("d/f", content()).file("g", content()).finish()},
  };
  return all;
}

void add_compressed_tails(ArchiveCases& cases) {
  for (const auto& [title, file, bytes] : packed()) {
    cases.refused(cat(title, " and junk"), file, bytes + "junk");
    cases.refused(cat(title, " and zeros and junk"), file, bytes + std::string(600, '\0') + "x");
  }
  const auto& gzip = packed()[1];
  cases.extracted("gzip and zeros", gzip.file, gzip.bytes + std::string(10'000, '\0'),
                  small_tree());
  cases.extracted("xz and its padding", "a.tar.xz", packed()[3].bytes + std::string(8, '\0'),
                  small_tree());
  cases.refused("xz and half a padding", "a.tar.xz", packed()[3].bytes + std::string(3, '\0'));
  cases.extracted("lone gzip and zeros", "f.gz", packed()[5].bytes + std::string(1, '\0'),
                  {file_at("f", content())});
}

void add_tar_ends(ArchiveCases& cases) {
  const std::string cut = TarBuilder().file("f", "x").cut();
  cases.refused("no end mark", "a.tar", cut, "end mark");
  cases.refused("half an end mark", "a.tar", cut + std::string(511, '\0'));
  cases.extracted("one block of zeros", "a.tar", cut + std::string(512, '\0'), {file_at("f")});
  cases.extracted("many zeros", "a.tar", cut + std::string(100'001, '\0'), {file_at("f")});
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    cases.refused(cat("no end mark, ", program), "a.tar.gz", compressed({program}, cut),
                  "end mark");
  }
  cases.refused("an archive behind the first", "a.tar",
                TarBuilder().file("f", "x").finish() + TarBuilder().file("g", "evil").finish());
  cases.refused("a member behind one block of zeros", "a.tar",
                cut + std::string(512, '\0') + TarBuilder().file("g", "evil").finish());
  cases.refused("half a block behind the end", "a.tar",
                TarBuilder().file("f", "x").finish() + std::string(100, 'x'));
}

}  // namespace

void add_cuts(ArchiveCases& cases) {
  for (const auto& [title, file, bytes] : packed()) {
    for (const std::size_t missing : {1U, 2U, 4U, 5U, 8U, 9U, 12U, 21U, 22U, 100U, 600U}) {
      if (title == std::string("tar") && missing < 512) continue;  // the second block of zeros
      cases.refused(cat(title, " less ", missing), file, bytes.substr(0, bytes.size() - missing));
    }
    for (const std::size_t length : {1U, 2U, 3U, 10U, 18U, 511U, 512U, 513U, 1024U}) {
      cases.refused(cat(title, " cut to ", length), file, bytes.substr(0, length));
    }
    for (int part = 1; part < 8; ++part) {
      const std::size_t length = bytes.size() * static_cast<std::size_t>(part) / 8;
      // What is left of a tar may be zeros only: an empty archive.
      if (title == std::string("tar") && length >= bytes.size() - 1024) continue;
      cases.refused(cat(title, " cut to ", length), file, bytes.substr(0, length));
      cases.refused(cat(title, " without ", length), file, bytes.substr(length));
    }
  }
  cases.refused("tar less its last two blocks", "a.tar",
                packed()[0].bytes.substr(0, packed()[0].bytes.size() - 1024), "end mark");
}

namespace {

// Bytes from the end whose change must be found: where checksums and lengths are.
void add_changed_trailers(ArchiveCases& cases) {
  const std::pair<std::size_t, std::vector<std::size_t>> trailers[] = {
      {1, {1, 2, 3, 4, 5, 6, 7, 8}},           // CRC-32, length
      {2, {2, 3, 4, 5, 6, 7, 8, 9, 10}},       // the last byte may be padding
      {3, {1, 2, 3, 4, 5, 8, 9, 12, 13, 24}},  // footer, index, check
      {4, {1, 2, 3, 4}},                       // checksum
      {5, {1, 2, 3, 4, 5, 6, 7, 8}}};
  for (const auto& [which, places] : trailers) {
    const auto& [title, file, bytes] = packed()[which];
    for (const std::size_t back : places) {
      std::string changed = bytes;
      changed[bytes.size() - back] = static_cast<char>(changed[bytes.size() - back] ^ 0x10);
      cases.refused(cat(title, " changed ", back, " from the end"), file, changed);
    }
  }
}

void add_changed_bodies(ArchiveCases& cases) {
  for (const auto& [title, file, bytes] : packed()) {
    if (title == std::string("tar")) continue;  // has no checksum of its content
    for (const std::size_t part : {4U, 8U, 12U}) {
      const std::size_t at = bytes.size() * part / 16;
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x04);
      // The middle of a zip are its headers, parts of which mean nothing.
      if (title == std::string("zip") && part == 8) continue;
      cases.refused(cat(title, " changed at ", at), file, changed);
    }
  }
}

}  // namespace

void add_damage(ArchiveCases& cases) {
  add_changed_trailers(cases);
  add_changed_bodies(cases);
  add_compressed_tails(cases);
  add_tar_ends(cases);
  for (const auto& row : fetcher::kArchiveFormats) {
    cases.refused(cat("empty ", row.suffix), cat("a", row.suffix), "", "empty");
  }
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    cases.refused(cat("nothing, by ", program), "a.tar.gz", compressed({program}, ""));
    cases.refused(cat("some zeros, by ", program), "a.tar.gz",
                  compressed({program}, std::string(100, '\0')));
  }
}

void add_wrong_formats(ArchiveCases& cases) {
  const std::string tar = small_tar();
  const std::string zip = packed()[6].bytes;
  const std::pair<const char*, std::string> contents[] = {
      {"an HTML page", "<!DOCTYPE html><html><body>Please log in</body></html>\n"},
      {"text", std::string(5000, 'a')},
      {"an ELF file", std::string("\x7f"
                                  "ELF\2\1\1",
                                  7) +
                          std::string(2000, '\0')},
      {"7z", std::string("7z\xbc\xaf\x27\x1c\0\4", 8) + std::string(500, 'x')},
      {"rar", std::string("Rar!\x1a\7\1\0", 8) + std::string(500, 'x')},
      {"cpio", "0707010000000000008" + std::string(600, '0')},
      {"ar", "!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n"},
      {"mtree", "#mtree\n./f type=file mode=04755 contents=/etc/shadow\n"},
      {"lrzip", std::string("LRZI\0\6", 6) + std::string(600, 'x')},
      {"lzop", std::string("\x89LZO\0\r\n\x1a\n", 9) + std::string(600, 'x')},
      {"compress", std::string("\x1f\x9d\x90", 3) + std::string(600, 'x')},
      {"uuencoded", "begin 644 f\n#0V%T\n`\nend\n"},
      {"an RPM", std::string("\xed\xab\xee\xdb\3\0\0\0", 8) + std::string(600, '\0')}};
  for (const auto& [what, bytes] : contents) {
    for (const auto& row : fetcher::kArchiveFormats) {
      cases.refused(cat(what, " as ", row.suffix), cat("a", row.suffix), bytes);
    }
  }
  for (const auto& [suffix, format, known_to_mesos] : fetcher::kArchiveFormats) {
    if (format == fetcher::ArchiveFormat::kTar) {
      // Any compression under any of the names: two for each name.
      for (const std::size_t i : {cases.all().size() % 5, (cases.all().size() + 2) % 5}) {
        cases.extracted(cat(packed()[i].title, " as ", suffix), cat("a", suffix), packed()[i].bytes,
                        small_tree());
      }
      cases.refused(cat("lone gzip as ", suffix), cat("a", suffix), packed()[5].bytes);
      const std::string twice = compressed({"gzip"}, packed()[2].bytes);
      cases.extracted(cat("tar twice packed as ", suffix), cat("a", suffix), twice, small_tree());
      cases.refused(cat("tar three times packed as ", suffix), cat("a", suffix),
                    compressed({"gzip"}, twice), "more than twice");
    } else {
      for (const std::size_t i : {0U, 2U, 3U, 4U}) {
        cases.refused(cat(packed()[i].title, " as ", suffix), cat("a", suffix), packed()[i].bytes);
      }
    }
    if (std::string_view(suffix) != ".zip") {
      cases.refused(cat("zip as ", suffix), cat("a", suffix), zip);
    }
  }
  cases.refused("gzip as zip", "a.zip", packed()[5].bytes, "gzip");
  cases.extracted("tar.gz as gz", "a.gz", packed()[1].bytes, {file_at("a", tar)});
  cases.refused("zip within gzip as tar.gz", "a.tar.gz", compressed({"gzip"}, zip));
}

}  // namespace slipway::tests
