// Tar and gzip archives that mean no harm and are unusual.
#include <gtest/gtest.h>
#include <unistd.h>

#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {

namespace {

TarMember member_with(std::size_t at, std::string bytes) {
  TarMember member;
  member.name = "f";
  member.data = "x";
  member.patches = {{at, std::move(bytes)}};
  return member;
}

void add_number_fields(ArchiveCases& cases) {
  const std::pair<const char*, TarMember> members[] = {
      {"base-256 size", member_with(124, tar_number(1, 12))},
      {"size with blanks", member_with(124, "          1 ")},
      {"size without an end", member_with(124, "000000000001")},
      {"base-256 mtime", member_with(136, tar_number(5'000'000'000, 12))},
      {"negative mtime", member_with(136, tar_number(-86'400, 12))},
      {"far mtime", member_with(136, tar_number(INT64_MAX, 12))},
      {"mtime of 2^63 below", member_with(136, tar_number(INT64_MIN, 12))},
      {"base-256 mode", member_with(100, tar_number(0644, 8))},
      {"mode with the type in it", member_with(100, "0100644")},
      {"no mtime", member_with(136, std::string(12, '\0'))},
      {"no owner", member_with(108, std::string(16, '\0'))},
      {"old magic", member_with(257, std::string("ustar  \0", 8))},
      {"star's mark", member_with(508, std::string("tar\0", 4))},
      {"no magic at all", member_with(257, std::string(8, '\0'))}};
  TarBuilder tar;
  TarBuilder pax;
  Tree tree;
  for (const auto& [title, member] : members) {
    TarMember named = member;
    named.name = title;
    tar.add(named);
    pax.pax({{"comment", "x"}}).add(named);
    tree.push_back(file_at(title));
  }
  cases.extracted("fields of numbers", "a.tar", tar.finish(), tree);
  cases.extracted("fields of numbers after pax", "a.tar", pax.finish(), tree);
}

void add_times(ArchiveCases& cases) {
  TarBuilder tar;
  Tree tree;
  for (const char* time :
       {"-5.5", "0", "99999999999.999999999", "99999999999999999999", "1e3", ""}) {
    const std::string name = cat("at ", time);
    tar.pax({{"mtime", time}, {"atime", time}, {"ctime", time}}).file(name, "x");
    tree.push_back(file_at(name));
  }
  cases.extracted("times in pax", "a.tar", tar.finish(), tree);
}

void add_codecs(ArchiveCases& cases) {
  const std::string tar = TarBuilder().file("f", std::string(5000, 'x')).finish();
  const Tree tree = {file_at("f", std::string(5000, 'x'))};
  const std::vector<std::string> programs[] = {{"gzip"},
                                               {"gzip", "-1"},
                                               {"bzip2"},
                                               {"bzip2", "-1"},
                                               {"xz"},
                                               {"xz", "--check=none"},
                                               {"xz", "--check=sha256"},
                                               {"xz", "--block-size=1024"},
                                               {"xz", "--x86", "--lzma2"},
                                               {"xz", "--delta", "--lzma2"},
                                               {"zstd"},
                                               {"zstd", "--check"},
                                               {"zstd", "--no-check"}};
  const auto& suffix = [](const std::string& program) {
    if (program == "bzip2") return "a.tar.bz2";
    if (program == "xz") return "a.tar.xz";
    return program == "zstd" ? "a.tar.zst" : "a.tar.gz";
  };
  for (const auto& program : programs) {
    const char* file = suffix(program[0]);
    std::string title;
    for (const auto& word : program) title += word + " ";
    cases.extracted(title, file, compressed(program, tar), tree);
    cases.extracted(title + "in three streams", file,
                    compressed(program, tar.substr(0, 100)) + compressed(program, "") +
                        compressed(program, tar.substr(100)),
                    tree);
  }
  const std::string zstd = compressed({"zstd"}, tar);
  const std::string skippable("\x50\x2a\x4d\x18\4\0\0\0skip", 12);
  cases.extracted("skippable frame first", "a.tar.zst", skippable + zstd, tree);
  cases.extracted("skippable frame last", "a.tar.zst", zstd + skippable, tree);
  cases.refused("skippable frame that is cut", "a.tar.zst", zstd + skippable.substr(0, 10));
}

void add_gzip_headers(ArchiveCases& cases) {
  const std::string plain = compressed({"gzip"}, "content");
  const auto with_flags = [&](char flags, const std::string& fields) {
    return plain.substr(0, 3) + flags + plain.substr(4, 6) + fields + plain.substr(10);
  };
  const Tree tree = {file_at("f", "content")};
  cases.extracted("gzip", "f.gz", plain, tree);
  cases.extracted("name in the header", "f.gz", with_flags(8, std::string("../evil\0", 8)), tree);
  cases.extracted("comment", "f.gz", with_flags(16, std::string("\x1b[31m\0", 6)), tree);
  cases.extracted("extra field", "f.gz", with_flags(4, std::string("\4\0abcd", 6)), tree);
  cases.refused("extra field that is cut", "f.gz", with_flags(4, "\xff\xff"));
  cases.refused("reserved flags", "f.gz", with_flags('\xe0', ""));
  cases.refused("wrong checksum of the header", "f.gz", with_flags(2, "\1\2"));
  cases.extracted("nothing in it", "f.gz", compressed({"gzip"}, ""), {file_at("f", "")});
  cases.extracted("two members", "f.gz", compressed({"gzip"}, "one ") + compressed({"gzip"}, "two"),
                  {file_at("f", "one two")});
  for (const char* file : {"..gz", "...gz", ".gz"}) cases.refused(cat("named ", file), file, plain);
  cases.extracted("named as an option", "-rf.gz", plain, {file_at("-rf", "content")});
}

std::string sparse_tar(const std::vector<std::string>& options) {
  const TempDir dir;
  dir.write("sparse", "start");
  EXPECT_EQ(::truncate((dir / "sparse").c_str(), 1 << 20), 0);
  std::vector<std::string> argv = {"tar", "-C", dir.path(), "-S", "-cf", "-", "sparse"};
  argv.insert(argv.begin() + 1, options.begin(), options.end());
  RunResult made = run_program(argv);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return std::move(made.out);
}

void add_sparse_files(ArchiveCases& cases) {
  const Tree tree = {file_at("sparse", "start" + std::string((1 << 20) - 5, '\0'))};
  const std::vector<std::string> formats[] = {{"--format=gnu"},
                                              {"--format=posix", "--sparse-version=0.0"},
                                              {"--format=posix", "--sparse-version=0.1"},
                                              {"--format=posix", "--sparse-version=1.0"}};
  for (const auto& format : formats) {
    cases.extracted(cat("sparse ", format.back()), "a.tar", sparse_tar(format), tree);
  }
}

}  // namespace

void add_honest_tar(ArchiveCases& cases) {
  cases.extracted("no members", "a.tar", std::string(10'240, '\0'), {});
  cases.extracted("no members, one block", "a.tar", std::string(512, '\0'), {});
  cases.extracted("no members, packed", "a.tar.gz", compressed({"gzip"}, TarBuilder().finish()),
                  {});
  cases.extracted("an inner archive", "a.tar", TarBuilder().file("b.tar", "no tar").finish(),
                  {file_at("b.tar", "no tar")});
  cases.extracted("an empty file, an empty directory", "a.tar",
                  TarBuilder().file("f", "").directory("d").finish(),
                  {file_at("f", ""), directory_at("d")});
  cases.extracted("directories of before POSIX", "a.tar",
                  TarBuilder().file("d/", "", 0755).file("d/f", "x").finish(),
                  {directory_at("d"), file_at("d/f")});
  cases.extracted("a member named as the archive", "a.tar.gz",
                  compressed({"gzip"}, TarBuilder().file("b/a.tar.gz", "x").finish()),
                  {file_at("b/a.tar.gz")});
  TarBuilder sizes;
  Tree sized;
  for (const std::size_t size : {1U, 511U, 512U, 513U, 1024U, 100'000U, 262'144U, 300'000U}) {
    sizes.file(cat(size, " bytes"), std::string(size, 's'));
    sized.push_back(file_at(cat(size, " bytes"), std::string(size, 's')));
  }
  cases.extracted("sizes around blocks and buffers", "a.tar", sizes.finish(), sized);
  add_number_fields(cases);
  add_times(cases);
  add_codecs(cases);
  add_gzip_headers(cases);
  add_sparse_files(cases);
}

}  // namespace slipway::tests
