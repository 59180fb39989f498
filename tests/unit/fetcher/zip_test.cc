#include "tests/support/run_program.h"
#include "tests/unit/fetcher/extraction.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;

class Zip : public Extraction {
 protected:
  Result<Extracted> extract_zip(const std::string& bytes, const ExtractLimits& limits = {}) {
    return extract_as("a.zip", bytes, limits);
  }
  Result<Extracted> extract_entry(const ZipEntry& entry) {
    return extract_zip(ZipBuilder().add(entry).finish());
  }
  static ZipEntry entry(const std::string& name, const std::string& data) {
    ZipEntry made;
    made.name = name;
    made.data = data;
    return made;
  }
  static std::string unicode_path(const std::string& name) {
    std::string field = "\x75\x70"s;
    field += static_cast<char>(name.size() + 5);
    return field + "\0\x01"s + "crc!" + name;
  }
};

TEST_F(Zip, F21_A05_StoredAndDeflatedMembersAppearExactly) {
  ZipEntry packed = entry("d/packed", std::string(500'000, 'p'));
  packed.method = 8;
  packed.mode = 0100755;
  ZipEntry directory = entry("d/", "");
  directory.mode = 040750;
  ZipEntry link = entry("link", "d/packed");
  link.mode = 0120777;
  const auto done = extract_zip(
      ZipBuilder().file("hello", "hello world\n").add(directory).add(packed).add(link).finish());
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->entries, 4U);
  EXPECT_EQ(read("hello"), "hello world\n");
  EXPECT_EQ(read("d/packed"), packed.data);
  EXPECT_EQ(mode("d/packed"), 0755U);
  EXPECT_EQ(mode("d"), 0750U);
  EXPECT_EQ(target("link"), "d/packed");
  EXPECT_EQ(stat("hello").st_mtime, 978307200);
}

TEST_F(Zip, RealArchivesOfInfoZipAndPythonAreRead) {
  const tests::TempDir source;
  source.write("t/bin/run", "#!/bin/sh\n", 0755);
  source.write("t/caf\xc3\xa9", std::string(100'000, 'x'));
  source.write("t/empty", "");
  struct stat written {};
  ASSERT_EQ(::stat((source / "t/bin/run").c_str(), &written), 0);
  ASSERT_EQ(::symlink("bin/run", (source / "t/link").c_str()), 0);
  tests::RunOptions there;
  there.cwd = source.path();
  const std::vector<std::vector<std::string>> programs = {
      {"zip", "-qry", "z1.zip", "t"},
      {"zip", "-qry0", "z2.zip", "t"},
      {"zip", "-qry", "-fz", "z3.zip", "t"},
      // To a pipe: data descriptors.
      {"sh", "-c", "zip -qr - t | cat > z4.zip"},
      {"python3", "-m", "zipfile", "-c", "z5.zip", "t"},
  };
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const auto made = tests::run_program(programs[i], there);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto bytes = tests::read_file(source / ("z" + std::to_string(i + 1) + ".zip"));
    ASSERT_THAT(extract_zip(bytes), IsOk()) << i + 1;
    EXPECT_EQ(read("t/bin/run"), "#!/bin/sh\n");
    EXPECT_EQ(mode("t/bin/run"), 0755U);
    EXPECT_EQ(read("t/caf\xc3\xa9"), std::string(100'000, 'x'));
    EXPECT_EQ(read("t/empty"), "");
    // To a pipe, and by Python, what a link points to is stored instead.
    if (i < 3) {
      EXPECT_EQ(target("t/link"), "bin/run");
    } else {
      EXPECT_EQ(read("t/link"), "#!/bin/sh\n");
    }
    // Python stores the local time, without its zone.
    if (i < 4) {
      EXPECT_EQ(stat("t/bin/run").st_mtime, written.st_mtime);
    }
  }
}

TEST_F(Zip, F23_A07_TheLastOfTwoMembersWithOneNameWins) {
  ASSERT_THAT(extract_zip(ZipBuilder().file("A", "1").file("A", "2").finish()), IsOk());
  EXPECT_EQ(read("A"), "2");
}

TEST_F(Zip, F22_A06_AWrongChecksumIsAnError) {
  for (const std::uint16_t method : std::vector<std::uint16_t>{0, 8}) {
    ZipEntry wrong = entry("f", "content");
    wrong.method = method;
    wrong.crc = 1;
    EXPECT_THAT(extract_entry(wrong), FailsWith(AllOf(HasSubstr("CRC-32"), HasSubstr("'f'"))));
    // In a member that a later one of the same name replaces, too.
    EXPECT_FALSE(extract_zip(ZipBuilder().add(wrong).file("f", "x").finish()).has_value());
  }
}

TEST_F(Zip, WrongSizesAreErrors) {
  for (const std::uint32_t size : {0U, 3U, 8U, 5000U}) {
    ZipEntry wrong = entry("f", "content");
    wrong.method = 8;
    wrong.size = size;
    EXPECT_FALSE(extract_entry(wrong).has_value()) << size;
    wrong.method = 0;
    EXPECT_THAT(extract_entry(wrong), FailsWith(HasSubstr("sizes differ"))) << size;
  }
}

TEST_F(Zip, A17_NamesFollowTheSameRulesAsInTar) {
  for (const char* name : {"../f", "a/../../f", "..", "a/.."}) {
    EXPECT_THAT(extract_entry(entry(name, "x")), FailsWith(HasSubstr("'..'"))) << name;
  }
  EXPECT_THAT(extract_entry(entry("a\0b"s, "x")), FailsWith(HasSubstr("NUL")));
  EXPECT_THAT(extract_entry(entry("", "x")), FailsWith(HasSubstr("empty name")));
  EXPECT_THAT(extract_entry(entry(".", "x")), FailsWith(HasSubstr("destination")));
  ASSERT_THAT(extract_zip(ZipBuilder()
                              .file("/abs", "1")
                              .file("a\\b", "2")
                              .file("caf\xe9", "3")
                              .file("./", "")
                              .finish()),
              IsOk());
  EXPECT_THAT(extracted(), ElementsAre("a\\b", "abs", "caf\xe9"));
}

TEST_F(Zip, A16_LongPathsAreKept) {
  const std::string deep = std::string(200, 'd') + "/" + std::string(200, 'e') + "/f";
  ASSERT_THAT(extract_entry(entry(deep, "x")), IsOk());
  EXPECT_EQ(read(deep), "x");
}

TEST_F(Zip, NothingIsWrittenThroughASymbolicLink) {
  ZipEntry link = entry("l", dir_ / "neighbour");
  link.mode = 0120777;
  EXPECT_THAT(extract_zip(ZipBuilder().add(link).file("l/f", "x").finish()),
              FailsWith(HasSubstr("symbolic link")));
  link.data = dir_ / "neighbour/secret";
  ASSERT_THAT(extract_zip(ZipBuilder().add(link).file("l", "x").finish()), IsOk());
  EXPECT_EQ(read("l"), "x");
}

TEST_F(Zip, SymbolicLinksNeedASaneTarget) {
  ZipEntry link = entry("l", "");
  link.mode = 0120777;
  EXPECT_THAT(extract_entry(link), FailsWith(HasSubstr("target")));
  link.data = "a\0b"s;
  EXPECT_THAT(extract_entry(link), FailsWith(HasSubstr("NUL")));
  link.data = std::string(4096, 't');
  EXPECT_THAT(extract_entry(link), FailsWith(HasSubstr("4095")));
  link.data = std::string(4095, 't');
  EXPECT_THAT(extract_entry(link), IsOk());
}

TEST_F(Zip, ModesAreCleanedAndDefaultsUsedWhereThereAreNone) {
  ZipEntry suid = entry("suid", "x");
  suid.mode = 0106777;
  ZipEntry bare = entry("bare", "x");
  bare.mode = 0;
  ZipEntry dos = entry("dos", "x");
  dos.made_on = 0;
  dos.mode = 0120777;  // not a link: the upper bits mean nothing to MS-DOS
  ZipEntry directory = entry("d/", "");
  directory.mode = 0;
  ASSERT_THAT(extract_zip(ZipBuilder().add(suid).add(bare).add(dos).add(directory).finish()),
              IsOk());
  EXPECT_EQ(stat("suid").st_mode, 0100755U);
  EXPECT_EQ(stat("bare").st_mode, 0100644U);
  EXPECT_EQ(stat("dos").st_mode, 0100644U);
  EXPECT_EQ(stat("d").st_mode, 040755U);
}

TEST_F(Zip, DevicesAndContradictoryTypesAreRefused) {
  for (const std::uint32_t mode : {0020666U, 0060666U, 0010666U, 0140666U}) {
    ZipEntry odd = entry("odd", "");
    odd.mode = mode;
    EXPECT_THAT(extract_entry(odd), FailsWith(HasSubstr("never extracted"))) << mode;
  }
  ZipEntry link = entry("l/", "x");
  link.mode = 0120777;
  EXPECT_FALSE(extract_entry(link).has_value());
  EXPECT_THAT(extract_entry(entry("d/", "data")), FailsWith(HasSubstr("carries data")));
}

TEST_F(Zip, ExtendedTimestampsBeatDosTimes) {
  ZipEntry timed = entry("f", "x");
  timed.extra = "UT\x05\0\x01\x15\xcd\x5b\x07"s;
  ASSERT_THAT(extract_entry(timed), IsOk());
  EXPECT_EQ(stat("f").st_mtime, 123456789);
}

// --- what two readers could understand differently -------------------------------------------

TEST_F(Zip, LocalHeadersThatContradictTheDirectoryAreErrors) {
  ZipEntry lie = entry("f", "content");
  lie.local_name = "g";
  EXPECT_THAT(extract_entry(lie), FailsWith(AllOf(HasSubstr("contradictory"), HasSubstr("'g'"))));
  lie = entry("f", "content");
  lie.local_method = 8;
  EXPECT_THAT(extract_entry(lie), FailsWith(HasSubstr("contradictory")));
  for (const std::uint16_t flag : std::vector<std::uint16_t>{1, 8, 32, 64, 2048, 8192}) {
    lie = entry("f", "content");
    lie.local_flags = flag;
    EXPECT_THAT(extract_entry(lie), FailsWith(HasSubstr("contradictory"))) << flag;
  }
  lie = entry("f", "content");
  lie.local_crc = 7;
  EXPECT_THAT(extract_entry(lie), FailsWith(HasSubstr("contradictory")));
  lie.local_crc = 0;
  EXPECT_THAT(extract_entry(lie), FailsWith(HasSubstr("contradictory")));
  lie = entry("f", "content");
  lie.local_size = 6;
  EXPECT_THAT(extract_entry(lie), FailsWith(HasSubstr("contradictory")));
}

TEST_F(Zip, DataDescriptorsOfEveryShapeMustAgree) {
  for (const bool zip64 : {false, true}) {
    for (const bool signature : {false, true}) {
      ZipEntry streamed = entry("f", "content");
      streamed.method = 8;
      streamed.flags = 8;
      streamed.zip64 = zip64;
      streamed.descriptor_signature = signature;
      EXPECT_THAT(extract_entry(streamed), IsOk());
      streamed.descriptor_crc = 9;
      EXPECT_THAT(extract_entry(streamed), FailsWith(HasSubstr("descriptor")));
    }
  }
  ZipEntry missing = entry("f", "content");
  missing.flags = 8;
  missing.local_flags = 8;
  std::string bytes = ZipBuilder().add(missing).finish();
  EXPECT_THAT(extract_zip(bytes), IsOk());
}

TEST_F(Zip, EveryByteBelongsToAMember) {
  ZipEntry hidden = entry("hidden", "x");
  hidden.unlisted = true;
  const auto shown = entry("f", "x");
  EXPECT_THAT(extract_zip(ZipBuilder().add(shown).add(hidden).finish()),
              FailsWith(HasSubstr("belong to no member")));
  EXPECT_THAT(extract_zip(ZipBuilder().add(hidden).add(shown).finish()),
              FailsWith(HasSubstr("precede")));
  ZipEntry gap = shown;
  gap.after = "gap";
  EXPECT_THAT(extract_zip(ZipBuilder().add(gap).add(entry("g", "")).finish()),
              FailsWith(HasSubstr("belong to no member")));
  ZipBuilder self_extracting;
  self_extracting.add(shown).prefix = "#!/bin/sh\n";
  EXPECT_THAT(extract_zip(self_extracting.finish()), FailsWith(HasSubstr("precede")));
  // Offsets that count from the first member, as a program glued in front leaves them.
  EXPECT_FALSE(extract_zip("#!/bin/sh\n" + ZipBuilder().add(shown).finish()).has_value());
}

TEST_F(Zip, OverlappingMembersAreErrors) {
  ZipEntry second = entry("f", "content");
  second.offset = 0;
  EXPECT_FALSE(extract_zip(ZipBuilder().file("f", "content").add(second).finish()).has_value());
  ZipEntry far = entry("f", "content");
  far.offset = 0x7fffffff;
  EXPECT_FALSE(extract_entry(far).has_value());
  ZipEntry nested = entry("g", "x");
  nested.offset = 5;
  EXPECT_FALSE(extract_zip(ZipBuilder().file("f", "content").add(nested).finish()).has_value());
}

TEST_F(Zip, ASecondNameMustBeTheSame) {
  ZipEntry named = entry("f", "x");
  named.extra = unicode_path("f");
  EXPECT_THAT(extract_entry(named), IsOk());
  named.extra = unicode_path("g");
  EXPECT_THAT(extract_entry(named), FailsWith(HasSubstr("two names")));
}

TEST_F(Zip, MalformedExtraFieldsAreErrors) {
  ZipEntry odd = entry("f", "x");
  odd.extra = "\x99\x99\x50\0x"s;
  EXPECT_THAT(extract_entry(odd), FailsWith(HasSubstr("extra field")));
  odd.extra = "xyz";
  EXPECT_THAT(extract_entry(odd), FailsWith(HasSubstr("extra field")));
  odd.extra = "\0\0\0"s;  // zipalign's padding
  EXPECT_THAT(extract_entry(odd), IsOk());
}

TEST_F(Zip, NothingFollowsTheEndRecordButItsComment) {
  ZipBuilder zip;
  zip.file("f", "x").comment = "a comment";
  EXPECT_THAT(extract_zip(zip.finish()), IsOk());
  EXPECT_FALSE(extract_zip(zip.finish() + "x").has_value());
  EXPECT_FALSE(extract_zip(zip.finish() + std::string(4, '\0')).has_value());
  EXPECT_FALSE(extract_zip(zip.finish() + zip.finish()).has_value());
  zip.comment = ZipBuilder().finish();  // an end record as a comment
  EXPECT_THAT(extract_zip(zip.finish()), FailsWith(HasSubstr("two end records")));
}

// unzip, bsdtar and Python's zipfile show what is in the comment.
TEST_F(Zip, AnEndRecordInTheCommentIsRefusedWhereItsLengthIsWrongToo) {
  const std::string inner = ZipBuilder().file("benign", "x").finish();
  for (const std::string& comment : {inner + "!", "PK\5\6" + std::string(30, 'x'), "PK\5\6"s}) {
    ZipBuilder zip;
    zip.file("evil", "x").comment = comment;
    EXPECT_THAT(extract_zip(zip.finish()), FailsWith(HasSubstr("two end records")));
  }
}

TEST_F(Zip, TheNumberOfMembersMustBeTheAnnouncedOne) {
  for (const std::uint16_t count : std::vector<std::uint16_t>{0, 1, 3, 1000}) {
    ZipBuilder zip;
    zip.file("a", "x").file("b", "y").announced_entries = count;
    EXPECT_FALSE(extract_zip(zip.finish()).has_value()) << count;
  }
}

TEST_F(Zip, EncryptedAndOtherMethodsAreRefused) {
  ZipEntry odd = entry("f", "x");
  odd.flags = 1;
  EXPECT_THAT(extract_entry(odd), FailsWith(HasSubstr("encrypted")));
  for (const std::uint16_t method : std::vector<std::uint16_t>{1, 9, 12, 14, 93, 99}) {
    odd = entry("f", "x");
    odd.method = method;
    EXPECT_THAT(extract_entry(odd), FailsWith(HasSubstr("method"))) << method;
  }
}

// --- zip64, damage, limits -------------------------------------------------------------------

TEST_F(Zip, Zip64RecordsAreRead) {
  ZipEntry large = entry("f", "content");
  large.zip64 = true;
  ZipBuilder zip;
  zip.add(large).file("g", "x").zip64_end = true;
  ASSERT_THAT(extract_zip(zip.finish()), IsOk());
  EXPECT_EQ(read("f"), "content");
  // One that contradicts the end record: its directory offset changed.
  std::string bytes = zip.finish();
  bytes[bytes.size() - 22 - 20 - 8] = static_cast<char>(bytes[bytes.size() - 22 - 20 - 8] ^ 1);
  EXPECT_FALSE(extract_zip(bytes).has_value());
}

TEST_F(Zip, MoreThan65535MembersWork) {
  const tests::TempDir source;
  const auto made = tests::run_program({"python3", "-W", "ignore", "-c",
                                        "import sys, zipfile\n"
                                        "with zipfile.ZipFile(sys.argv[1], 'w') as z:\n"
                                        "  for i in range(70000): z.writestr('a/', b'')\n",
                                        source / "z"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto done = extract_zip(tests::read_file(source / "z"));
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->entries, 70'000U);
}

TEST_F(Zip, EveryCutIsAnError) {
  ZipEntry packed = entry("packed", std::string(3000, 'x') + "y");
  packed.method = 8;
  const std::string whole = ZipBuilder().file("f", "content").add(packed).finish();
  for (std::size_t length = 1; length < whole.size(); ++length) {
    EXPECT_FALSE(extract_zip(whole.substr(0, length)).has_value()) << length;
    EXPECT_FALSE(extract_zip(whole.substr(length)).has_value()) << length;
  }
}

TEST_F(Zip, ChangedBytesNeverGiveOtherContent) {
  ZipEntry packed = entry("packed", "some content that is packed, content, content");
  packed.method = 8;
  const std::string whole = ZipBuilder().file("f", "content").add(packed).finish();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    if (!extract_zip(changed)) continue;
    // What may change freely: versions, times, modes; never names or content.
    EXPECT_THAT(extracted(), ElementsAre("f", "packed")) << at;
    EXPECT_EQ(read("f"), "content") << at;
    EXPECT_EQ(read("packed"), packed.data) << at;
  }
}

TEST_F(Zip, AnArchiveWithoutMembersIsEmpty) {
  EXPECT_THAT(extract_zip(ZipBuilder().finish()), IsOk());
  EXPECT_THAT(extracted(), IsEmpty());
}

TEST_F(Zip, OtherContentIsAnErrorThatSaysWhatItIs) {
  EXPECT_THAT(extract_zip(TarBuilder().file("f", "x").finish()),
              FailsWith(HasSubstr("tar archive although its name says zip")));
  EXPECT_THAT(extract_zip(tests::compress({"gzip"}, "x")), FailsWith(HasSubstr("gzip data")));
  EXPECT_THAT(extract_zip("<html>"), FailsWith(HasSubstr("not a zip archive")));
}

TEST_F(Zip, LimitsAreCountedOnWhatComesOut) {
  ExtractLimits limits;
  limits.bytes = 6;
  EXPECT_THAT(extract_zip(ZipBuilder().file("f", "content").finish(), limits),
              FailsWith(HasSubstr("'max_bytes'")));
  limits = {};
  limits.entries = 2;
  EXPECT_THAT(extract_zip(ZipBuilder().file("a/b/f", "x").finish(), limits),
              FailsWith(HasSubstr("'max_entries'")));
  EXPECT_THAT(extract_zip(ZipBuilder().file("a", "").file("b", "").file("c", "").finish(), limits),
              FailsWith(HasSubstr("'max_entries'")));
  limits = {};
  limits.directory_bytes = 60;
  EXPECT_THAT(extract_zip(ZipBuilder().file("a", "").file("b", "").finish(), limits),
              FailsWith(HasSubstr("'max_directory'")));
  ZipEntry bomb = entry("bomb", std::string(std::size_t{80} << 20, '\0'));
  bomb.method = 8;
  limits = {};
  limits.ratio = 500;
  EXPECT_THAT(extract_zip(ZipBuilder().add(bomb).finish(), limits),
              FailsWith(HasSubstr("'max_ratio'")));
}

}  // namespace
}  // namespace slipway::fetcher
