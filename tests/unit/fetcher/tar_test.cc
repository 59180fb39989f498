// What of a tar archive is unpacked, and how.
#include <locale.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/run_program.h"
#include "tests/unit/fetcher/tar_fixture.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;

constexpr std::time_t kThen = 1'000'000'000;

TEST_F(Tar, F19_A04_FilesDirectoriesAndLinksAppearExactly) {
  TarBuilder tar;
  tar.directory("d/", 0750).file("d/f", "hello", 0640).file("run", "#!", 0755);
  tar.symlink("d/l", "../run").hard_link("again", "d/f").file("empty", "");
  const auto done = extract_tar(tar.finish());
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->entries, 6U);
  EXPECT_EQ(done->bytes, 7U);
  EXPECT_THAT(extracted(), ElementsAre("again", "d", "empty", "run"));
  EXPECT_EQ(read("d/f"), "hello");
  EXPECT_EQ(mode("d/f"), 0640U);
  EXPECT_EQ(mode("run"), 0755U);
  EXPECT_EQ(mode("d"), 0750U);
  EXPECT_EQ(target("d/l"), "../run");
  EXPECT_EQ(stat("again").st_ino, stat("d/f").st_ino);
  for (const char* name : {"d", "d/f", "d/l", "run", "empty"}) {
    EXPECT_EQ(stat(name).st_mtime, kThen) << name;
  }
}

TEST_F(Tar, A13_HardAndSymbolicLinksReadTheRightContent) {
  const tests::TempDir source;
  source.write("t/file", "content");
  ASSERT_EQ(::link((source / "t/file").c_str(), (source / "t/hard").c_str()), 0);
  ASSERT_EQ(::symlink("file", (source / "t/soft").c_str()), 0);
  for (const char* format : {"--format=gnu", "--format=posix", "--format=ustar"}) {
    const auto made = tests::run_program({"tar", "-C", source.path(), format, "-czf", "-", "t"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    ASSERT_THAT(extract_as("a.tar.gz", made.out), IsOk()) << format;
    EXPECT_EQ(read("t/hard"), "content");
    EXPECT_EQ(read("t/soft"), "content");
    EXPECT_EQ(stat("t/hard").st_nlink, 2U);
  }
}

TEST_F(Tar, ARealTreeIsTheSameAfterwards) {
  for (const char* format : {"--format=gnu", "--format=posix", "--format=ustar", "--format=v7"}) {
    const auto made =
        tests::run_program({"tar", "-C", "/usr/include", format, "-cf", "-", "linux"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    ASSERT_THAT(extract_tar(made.out), IsOk()) << format;
    const auto diff =
        tests::run_program({"diff", "-r", "--no-dereference", "/usr/include/linux", path("linux")});
    EXPECT_EQ(diff.exit_code, 0) << format << diff.out << diff.err;
    const auto original = sys::stat_at(AT_FDCWD, "/usr/include/linux/types.h");
    ASSERT_THAT(original, IsOk());
    EXPECT_EQ(stat("linux/types.h").st_mtime, original->st_mtime) << format;
  }
}

TEST_F(Tar, F18_AbsoluteNamesLandBelowTheDestinationAndPlainTarMayBeNamedGz) {
  TarBuilder tar;
  tar.file("/tmp/abs/f", "x").file("//etc/g", "y");
  ASSERT_THAT(extract_as("a.tar.gz", tar.finish()), IsOk());
  EXPECT_EQ(read("tmp/abs/f"), "x");
  EXPECT_EQ(read("etc/g"), "y");
  EXPECT_EQ(mode("tmp/abs/f") & 0111, 0U);
}

// --- names -----------------------------------------------------------------------------------

TEST_F(Tar, A17_DotDotIsRefusedWhereverItStands) {
  for (const char* name : {"../f", "..", "a/../../f", "a/..", "/../f", "./../f", "a/../f"}) {
    EXPECT_THAT(extract_tar(TarBuilder().file(name, "x").finish()), FailsWith(HasSubstr("'..'")))
        << name;
    EXPECT_THAT(extract_tar(TarBuilder().symlink(name, "x").finish()), FailsWith(HasSubstr("'..'")))
        << name;
    EXPECT_THAT(extract_tar(TarBuilder().directory(name).finish()), FailsWith(HasSubstr("'..'")))
        << name;
  }
  EXPECT_THAT(extract_tar(TarBuilder().pax({{"path", "../f"}}).file("f", "x").finish()),
              FailsWith(HasSubstr("'..'")));
  EXPECT_THAT(extract_tar(TarBuilder().gnu_long('L', "../f").file("f", "x").finish()),
              FailsWith(HasSubstr("'..'")));
}

TEST_F(Tar, NamesThatOnlyLookLikeDotDotAreLegal) {
  TarBuilder tar;
  tar.file("..evil", "1").file("...", "2").file("a..", "3").file("-rf", "4").file("./b//c", "5");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_THAT(extracted(), ElementsAre("-rf", "...", "..evil", "a..", "b"));
  EXPECT_EQ(read("b/c"), "5");
}

TEST_F(Tar, TheRootEntryChangesNothingOfTheDestination) {
  const auto bytes =
      TarBuilder().directory("./", 0777).directory("/", 0777).file("f", "x").finish();
  ASSERT_THAT(extract_tar(bytes), IsOk());
  EXPECT_EQ(tests::mode_of(dir_ / "into"), 0750U);
  EXPECT_THAT(extracted(), ElementsAre("f"));
  EXPECT_THAT(extract_tar(TarBuilder().symlink("./", "/etc").finish()),
              FailsWith(HasSubstr("destination itself")));
}

TEST_F(Tar, AnEmptyNameIsAnError) {
  EXPECT_THAT(extract_tar(TarBuilder().file("", "x").finish()), FailsWith(HasSubstr("name")));
}

TEST_F(Tar, A16_LongNamesOfEveryKindAreKept) {
  const std::string deep = std::string(200, 'd') + "/" + std::string(200, 'e') + "/f";
  TarBuilder tar;
  tar.gnu_long('L', deep).file("short", "gnu");
  tar.pax({{"path", "p/" + deep}}).file("short", "pax");
  tar.gnu_long('K', std::string(300, 't')).symlink("k", "short");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_EQ(read(deep), "gnu");
  EXPECT_EQ(read("p/" + deep), "pax");
  EXPECT_EQ(target("k"), std::string(300, 't'));
}

TEST_F(Tar, TooLongAComponentIsAnErrorThatNamesIt) {
  const auto bytes = TarBuilder().gnu_long('L', std::string(256, 'n')).file("f", "x").finish();
  EXPECT_THAT(extract_tar(bytes), FailsWith(AllOf(HasSubstr("nnnn"), HasSubstr("255"))));
}

class TarNames : public Tar, public ::testing::WithParamInterface<const char*> {
 protected:
  TarNames() { EXPECT_NE(::setlocale(LC_ALL, GetParam()), nullptr); }
  ~TarNames() override { ::setlocale(LC_ALL, "C"); }
};

TEST_P(TarNames, AreTheBytesOfTheArchive) {
  const std::string composed = "caf\xc3\xa9";
  const std::string decomposed = "cafe\xcc\x81";
  const std::string latin = "caf\xe9";
  TarBuilder tar;
  tar.file("raw " + composed, "1").file("raw " + decomposed, "2").file("raw " + latin, "3");
  for (const auto& name : {composed, decomposed, latin}) {
    tar.pax({{"path", "pax " + name}}).file("f", "4");
    tar.pax({{"hdrcharset", "BINARY"}, {"path", "binary " + name}}).file("f", "5");
    tar.pax({{"linkpath", name}, {"path", "link " + name}}).symlink("l", "t");
    tar.pax({{"linkpath", "pax " + name}, {"path", "hard " + name}}).hard_link("h", "t");
  }
  tar.file("line\nfeed\x1b[31m", "6");
  tar.pax({{"path", "dir " + decomposed + "/"}}).file("f", "");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_EQ(extracted().size(), 3U + 3U * 4U + 2U);
  for (const auto& name : {composed, decomposed, latin}) {
    EXPECT_EQ(read("pax " + name), "4");
    EXPECT_EQ(read("binary " + name), "5");
    EXPECT_EQ(target("link " + name), name);
    EXPECT_EQ(read("hard " + name), "4");
  }
  EXPECT_EQ(read("raw " + decomposed), "2");
  EXPECT_EQ(read("raw " + latin), "3");
  EXPECT_TRUE(S_ISDIR(stat("dir " + decomposed).st_mode));
}

TEST_P(TarNames, HostileOnesAreEscapedInErrors) {
  const auto done = extract_tar(TarBuilder().special("a\n\x1b[0m", '6').finish());
  EXPECT_THAT(done, FailsWith(HasSubstr("a\\n\\x1b[0m")));
}

INSTANTIATE_TEST_SUITE_P(Locales, TarNames, ::testing::Values("C", "C.UTF-8"),
                         [](const auto& row) { return row.param == "C"s ? "C" : "Utf8"; });

// --- members that would reach outside --------------------------------------------------------

TEST_F(Tar, NothingIsWrittenThroughASymbolicLink) {
  const std::string outside = dir_ / "neighbour";
  for (const auto& link : {outside, "../neighbour"s, "."s, "dir"s}) {
    TarBuilder tar;
    tar.directory("dir").symlink("l", link);
    EXPECT_THAT(extract_tar(TarBuilder(tar).file("l/f", "x").finish()),
                FailsWith(HasSubstr("symbolic link")));
    EXPECT_THAT(extract_tar(TarBuilder(tar).directory("l/d").finish()),
                FailsWith(HasSubstr("symbolic link")));
    EXPECT_THAT(extract_tar(TarBuilder(tar).symlink("l/s", "x").finish()),
                FailsWith(HasSubstr("symbolic link")));
    EXPECT_THAT(extract_tar(TarBuilder(tar).file("f", "").hard_link("l/h", "f").finish()),
                FailsWith(HasSubstr("symbolic link")));
    EXPECT_THAT(extract_tar(TarBuilder(tar).file("l/a/b/c", "x").finish()),
                FailsWith(HasSubstr("symbolic link")));
  }
}

TEST_F(Tar, AFileReplacesASymbolicLinkInsteadOfFollowingIt) {
  TarBuilder tar;
  tar.symlink("l", dir_ / "neighbour/secret").file("l", "mine");
  tar.symlink("d", dir_ / "neighbour").directory("d", 0700).file("d/f", "inside");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_EQ(read("l"), "mine");
  EXPECT_TRUE(S_ISREG(stat("l").st_mode));
  EXPECT_TRUE(S_ISDIR(stat("d").st_mode));
  EXPECT_EQ(read("d/f"), "inside");
}

TEST_F(Tar, SymbolicLinksAreStoredAsTheyAre) {
  TarBuilder tar;
  tar.symlink("abs", "/etc/passwd").symlink("up", "../../x").symlink("dangling", "nowhere");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_EQ(target("abs"), "/etc/passwd");
  EXPECT_EQ(target("up"), "../../x");
  EXPECT_EQ(target("dangling"), "nowhere");
  EXPECT_THAT(extract_tar(TarBuilder().symlink("s", "").finish()), FailsWith(HasSubstr("target")));
  const std::string longest(4096, 't');
  EXPECT_THAT(extract_tar(TarBuilder().gnu_long('K', longest).symlink("s", "t").finish()),
              FailsWith(HasSubstr("4095")));
}

TEST_F(Tar, HardLinksReachOnlyFilesOfTheSameArchive) {
  const std::string secret = dir_ / "neighbour/secret";
  EXPECT_THAT(extract_tar(TarBuilder().hard_link("h", secret).finish()),
              FailsWith(HasSubstr("No such file")));
  EXPECT_THAT(extract_tar(TarBuilder().hard_link("h", "../neighbour/secret").finish()),
              FailsWith(HasSubstr("'..'")));
  EXPECT_THAT(
      extract_tar(
          TarBuilder().symlink("s", dir_ / "neighbour").hard_link("h", "s/secret").finish()),
      FailsWith(HasSubstr("symbolic link")));
  EXPECT_THAT(extract_tar(TarBuilder().directory("d").hard_link("h", "d").finish()),
              FailsWith(HasSubstr("neither a file nor a link")));
  EXPECT_THAT(extract_tar(TarBuilder().hard_link("h", "./").finish()),
              FailsWith(HasSubstr("destination itself")));
}

// `tar cf a.tar h h`, where h has two names, writes it.
TEST_F(Tar, AHardLinkToItselfIsNothingNew) {
  ASSERT_THAT(extract_tar(TarBuilder().file("h", "x").hard_link("h", "h").finish()), IsOk());
  EXPECT_EQ(read("h"), "x");
  EXPECT_FALSE(extract_tar(TarBuilder().hard_link("h", "h").finish()).has_value());
}

TEST_F(Tar, AHardLinkToASymlinkIsAnotherNameOfTheLinkAndNothingMore) {
  ASSERT_THAT(extract_tar(TarBuilder().symlink("s", "nowhere").hard_link("h", "s").finish()),
              IsOk());
  EXPECT_EQ(target("h"), "nowhere");
  EXPECT_THAT(extract_tar(TarBuilder()
                              .symlink("s", dir_ / "neighbour")
                              .hard_link("h", "s")
                              .file("h/x", "")
                              .finish()),
              FailsWith(HasSubstr("symbolic link")));
}

TEST_F(Tar, AHardLinkToAnAbsoluteNameMeansTheMemberOfThatName) {
  ASSERT_THAT(extract_tar(TarBuilder().file("/a/f", "x").hard_link("h", "/a/f").finish()), IsOk());
  EXPECT_EQ(read("h"), "x");
}

TEST_F(Tar, ReplacingAFileLeavesItsOtherNamesAlone) {
  const auto bytes = TarBuilder().file("a", "1").hard_link("b", "a").file("a", "2").finish();
  ASSERT_THAT(extract_tar(bytes), IsOk());
  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(read("b"), "1");
}

TEST_F(Tar, AHardLinkThatCarriesDataIsRefused) {
  TarMember link;
  link.name = "h";
  link.type = '1';
  link.link = "f";
  link.data = "other";
  const auto bytes = TarBuilder().pax({{"comment", "pax"}}).file("f", "data!").add(link).finish();
  EXPECT_THAT(extract_tar(bytes), FailsWith(HasSubstr("carries data")));
}

TEST_F(Tar, DevicesFifosAndOddTypesAreRefusedByName) {
  EXPECT_THAT(extract_tar(TarBuilder().special("null", '3').finish()),
              FailsWith(AllOf(HasSubstr("'null'"), HasSubstr("device"))));
  EXPECT_THAT(extract_tar(TarBuilder().special("disk", '4').finish()),
              FailsWith(AllOf(HasSubstr("'disk'"), HasSubstr("device"))));
  EXPECT_THAT(extract_tar(TarBuilder().special("pipe", '6').finish()),
              FailsWith(AllOf(HasSubstr("'pipe'"), HasSubstr("fifo"))));
  EXPECT_THAT(extracted(), IsEmpty());
}

// --- attributes ------------------------------------------------------------------------------

TEST_F(Tar, PrivilegeBitsAndOthersRightToWriteAreDropped) {
  TarBuilder tar;
  tar.file("suid", "x", 06777).directory("sticky", 01777).file("none", "x", 0);
  tar.directory("closed", 0).file("closed/f", "x").directory("readonly", 0555);
  tar.file("readonly/f", "x", 0444);
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_EQ(stat("suid").st_mode & 07777, 0755U);
  EXPECT_EQ(stat("sticky").st_mode & 07777, 0755U);
  EXPECT_EQ(mode("none"), 0600U);
  EXPECT_EQ(mode("closed"), 0700U);
  EXPECT_EQ(mode("readonly"), 0755U);
  EXPECT_EQ(mode("readonly/f"), 0644U);
}

TEST_F(Tar, ModesDoNotDependOnTheUmask) {
  const mode_t before = ::umask(0777);
  const auto done = extract_tar(TarBuilder().file("a/b/f", "x", 0755).directory("d").finish());
  ::umask(before);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(mode("a"), 0755U);
  EXPECT_EQ(mode("a/b/f"), 0755U);
  EXPECT_EQ(mode("d"), 0755U);
}

TEST_F(Tar, TimesMayBeBeforeTheEpochOrFarAway) {
  TarBuilder tar;
  tar.pax({{"mtime", "-5.5"}}).file("old", "");
  tar.pax({{"mtime", "123456789.25"}}).directory("fraction");
  tar.pax({{"mtime", "99999999999999999999"}}).file("far", "");
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_LT(stat("old").st_mtime, 0);
  EXPECT_EQ(stat("fraction").st_mtim.tv_sec, 123456789);
  EXPECT_EQ(stat("fraction").st_mtim.tv_nsec, 250'000'000);
}

// --- repeated names --------------------------------------------------------------------------

TEST_F(Tar, TheLastOfTwoMembersWithOneNameWins) {
  const auto bytes = TarBuilder()
                         .file("A", "1")
                         .file("./A", "22")
                         .symlink("s", "a")
                         .file("s", "3")
                         .file("t", "4")
                         .symlink("t", "b")
                         .finish();
  ASSERT_THAT(extract_tar(bytes), IsOk());
  EXPECT_EQ(read("A"), "22");
  EXPECT_EQ(read("s"), "3");
  EXPECT_EQ(target("t"), "b");
}

TEST_F(Tar, DirectoriesMergeReplaceFilesAndAreNeverReplaced) {
  TarBuilder tar;
  tar.file("f", "x").directory("f").directory("d").file("d/in", "x").directory("d", 0700);
  ASSERT_THAT(extract_tar(tar.finish()), IsOk());
  EXPECT_TRUE(S_ISDIR(stat("f").st_mode));
  EXPECT_EQ(read("d/in"), "x");
  EXPECT_EQ(mode("d"), 0700U);
  EXPECT_THAT(extract_tar(TarBuilder().directory("d").file("d", "x").finish()),
              FailsWith(HasSubstr("directory")));
  EXPECT_THAT(extract_tar(TarBuilder().directory("d").symlink("d", "x").finish()),
              FailsWith(HasSubstr("directory")));
  EXPECT_THAT(extract_tar(TarBuilder().file("f", "x").file("f/g", "x").finish()),
              FailsWith(HasSubstr("not a directory")));
}

TEST_F(Tar, TheDestinationMustBeEmpty) {
  const auto path = dir_.write("archives/a.tar", TarBuilder().file("a", "x").finish());
  dir_.write("into/before", "x");
  const auto archive = sys::open_at(AT_FDCWD, path, O_RDONLY);
  const auto into = sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY);
  ASSERT_THAT(into, IsOk());
  EXPECT_THAT(extract(archive->get(), ArchiveFormat::kTar, "a.tar", into->get(), {}),
              FailsWith(HasSubstr("not empty")));
}

TEST_F(Tar, WorksForAnOrdinaryUserToo) {
  dir_.make_directory("into");
  ASSERT_EQ(::chown((dir_ / "into").c_str(), 65534, 65534), 0);
  TarBuilder tar;
  tar.directory("ro", 0555).file("ro/f", "x", 0444).hard_link("h", "ro/f").file("suid", "", 04755);
  const auto path = dir_.write("archives/a.tar", tar.finish());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const auto archive = sys::open_at(AT_FDCWD, path, O_RDONLY);
    const auto into = sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY);
    if (!archive || !into) ::_exit(3);
    ::_exit(extract(archive->get(), ArchiveFormat::kTar, "a.tar", into->get(), {}) ? 0 : 1);
  }
  const auto status = sys::wait_for(child);
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(*status, 0);
  EXPECT_EQ(read("h"), "x");
  EXPECT_EQ(mode("ro"), 0755U);
  EXPECT_EQ(stat("ro/f").st_uid, 65534U);
}

}  // namespace
}  // namespace slipway::fetcher
