// Tar archives that are damaged, too large, or none.
#include <unistd.h>

#include "tests/support/run_program.h"
#include "tests/unit/fetcher/tar_fixture.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;

// --- damage ----------------------------------------------------------------------------------

TEST_F(Tar, A01_AnEmptyFileIsAnError) {
  for (const char* name : {"a.tar", "a.tar.gz", "a.zip", "a.gz"}) {
    EXPECT_THAT(extract_as(name, ""), FailsWith(HasSubstr("empty"))) << name;
  }
}

TEST_F(Tar, AnArchiveOfZerosIsEmpty) {
  ASSERT_THAT(extract_tar(std::string(10240, '\0')), IsOk());
  EXPECT_THAT(extracted(), IsEmpty());
  EXPECT_THAT(extract_tar(std::string(100, '\0')), FailsWith(HasSubstr("end mark")));
}

TEST_F(Tar, EveryCutIsAnError) {
  TarBuilder tar;
  tar.file("a", std::string(1000, 'a')).pax({{"path", "b"}}).file("x", "b").directory("c");
  tar.gnu_long('L', "long").file("y", "c");
  const std::string whole = tar.cut();
  for (std::size_t length = 256; length <= whole.size(); length += 256) {
    EXPECT_FALSE(extract_tar(whole.substr(0, length)).has_value()) << length;
    EXPECT_FALSE(extract_tar(whole.substr(0, length) + std::string(100, '\0')).has_value())
        << length;
  }
  EXPECT_THAT(extract_tar(whole + std::string(512, '\0')), IsOk());
  EXPECT_THAT(extract_tar(whole), FailsWith(HasSubstr("cut")));
}

TEST_F(Tar, OnlyZerosMayFollowTheEnd) {
  const std::string whole = TarBuilder().file("a", "x").finish();
  EXPECT_THAT(extract_tar(whole + std::string(1 << 20, '\0')), IsOk());
  for (const std::size_t zeros : {std::size_t{0}, std::size_t{512}, std::size_t{1} << 20}) {
    EXPECT_THAT(extract_tar(whole + std::string(zeros, '\0') + "junk"),
                FailsWith(HasSubstr("follow the end")))
        << zeros;
  }
  // A second archive behind the first, and one behind a single block of zeros.
  EXPECT_THAT(extract_tar(whole + whole), FailsWith(HasSubstr("follow the end")));
  const std::string cut = TarBuilder().file("a", "x").cut();
  EXPECT_THAT(extract_tar(cut + std::string(512, '\0') + cut + std::string(1024, '\0')),
              FailsWith(HasSubstr("follow the end")));
}

// The end mark at every place around the boundary of the pieces that the parser is fed with.
TEST_F(Tar, TheEndMarkIsFoundWhereverItLies) {
  constexpr std::size_t kPiece = 256 * 1024;
  for (std::size_t blocks = kPiece / 512 - 4; blocks <= kPiece / 512 + 2; ++blocks) {
    const std::string cut = TarBuilder().file("a", std::string(blocks * 512, 'a')).cut();
    EXPECT_THAT(extract_tar(cut), FailsWith(HasSubstr("end mark"))) << blocks;
    for (const std::size_t zeros : {std::size_t{512}, std::size_t{1024}, std::size_t{10240}}) {
      EXPECT_THAT(extract_tar(cut + std::string(zeros, '\0')), IsOk()) << blocks;
      EXPECT_THAT(extract_tar(cut + std::string(zeros, '\0') + "x"),
                  FailsWith(HasSubstr("follow the end")))
          << blocks;
    }
  }
}

TEST_F(Tar, AWrongHeaderChecksumIsAnError) {
  std::string bytes = TarBuilder().file("a", "x").file("b", "y").finish();
  bytes[1024] = 'B';
  EXPECT_THAT(extract_tar(bytes), FailsWith(HasSubstr("damaged")));
}

TEST_F(Tar, MalformedPaxHeadersAreErrors) {
  TarMember header;
  header.name = "pax";
  header.type = 'x';
  for (const auto& data : {"12 path=abc"s, "99 path=abc\n"s, "x path=abc\n"s, "0 path=abc\n"s}) {
    header.data = data;
    EXPECT_FALSE(extract_tar(TarBuilder().add(header).file("f", "x").finish()).has_value()) << data;
  }
}

TEST_F(Tar, EndlessSpecialHeadersAreAnError) {
  TarBuilder tar;
  for (int i = 0; i < 20000; ++i) tar.pax({{"comment", "x"}});
  EXPECT_FALSE(extract_tar(tar.file("f", "x").finish()).has_value());
}

TEST_F(Tar, ADirectoryThatCarriesDataIsRefused) {
  const auto bytes = TarBuilder().file("d/", "data").finish();
  EXPECT_THAT(extract_tar(bytes), FailsWith(HasSubstr("carries data")));
}

// --- sparse files ----------------------------------------------------------------------------

TEST_F(Tar, HolesStayHolesAndCountAsBytes) {
  const tests::TempDir source;
  source.write("sparse", "start");
  ASSERT_EQ(::truncate((source / "sparse").c_str(), 64 << 20), 0);
  const std::vector<std::vector<std::string>> formats = {
      {"--format=gnu"},
      {"--format=posix", "--sparse-version=0.0"},
      {"--format=posix", "--sparse-version=0.1"},
      {"--format=posix", "--sparse-version=1.0"}};
  for (const auto& format : formats) {
    std::vector<std::string> argv{"tar", "-C", source.path(), "-S"};
    argv.insert(argv.end(), format.begin(), format.end());
    argv.insert(argv.end(), {"-cf", "-", "sparse"});
    const auto made = tests::run_program(argv);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    ASSERT_LT(made.out.size(), std::size_t{1} << 20);
    const auto done = extract_tar(made.out);
    ASSERT_THAT(done, IsOk()) << format.back();
    EXPECT_EQ(done->bytes, 64U << 20);
    EXPECT_THAT(extracted(), ElementsAre("sparse"));
    EXPECT_EQ(stat("sparse").st_size, 64 << 20);
    EXPECT_LT(stat("sparse").st_blocks, 2048);
    EXPECT_EQ(read("sparse").substr(0, 6), "start\0"s);
    ExtractLimits limits;
    limits.bytes = 1 << 20;
    EXPECT_THAT(extract_tar(made.out, limits), FailsWith(HasSubstr("'max_bytes'")));
  }
}

// --- limits ----------------------------------------------------------------------------------

TEST_F(Tar, EachLimitIsNamedByItsError) {
  ExtractLimits limits;
  limits.bytes = 9;
  EXPECT_THAT(extract_tar(TarBuilder().file("a", "12345").file("b", "12345").finish(), limits),
              FailsWith(AllOf(HasSubstr("'max_bytes'"), HasSubstr("'b'"))));
  limits = {};
  limits.entries = 3;
  EXPECT_THAT(extract_tar(TarBuilder().file("a/b/c", "").finish(), limits), IsOk());
  EXPECT_THAT(extract_tar(TarBuilder().file("a/b/c/d", "").finish(), limits),
              FailsWith(HasSubstr("'max_entries'")));
  limits = {};
  limits.depth = 3;
  EXPECT_THAT(extract_tar(TarBuilder().file("a/b/c", "").finish(), limits), IsOk());
  EXPECT_THAT(extract_tar(TarBuilder().file("a/b/c/d", "").finish(), limits),
              FailsWith(HasSubstr("'max_depth'")));
  limits = {};
  limits.path_length = 10;
  EXPECT_THAT(extract_tar(TarBuilder().file("123456789", "").finish(), limits), IsOk());
  EXPECT_THAT(extract_tar(TarBuilder().file("1234567890", "").finish(), limits),
              FailsWith(HasSubstr("'max_path_length'")));
  limits = {};
  limits.seconds = 0;
  EXPECT_THAT(extract_tar(TarBuilder().file("a", "").finish(), limits),
              FailsWith(HasSubstr("'max_time'")));
}

TEST_F(Tar, TheLimitOnMetadataCountsAllHeadersOfAMember) {
  const std::string half(300 << 10, 'c');
  TarBuilder tar;
  tar.pax({{"comment", half}}).file("a", "");
  EXPECT_THAT(extract_tar(tar.finish()), IsOk());
  TarBuilder more;
  for (int i = 0; i < 4; ++i) more.pax({{"comment", half}});
  EXPECT_FALSE(extract_tar(more.file("a", "").finish()).has_value());
  ExtractLimits limits;
  limits.metadata_bytes = 64 << 10;
  EXPECT_THAT(extract_tar(TarBuilder().pax({{"comment", half}}).file("a", "").finish(), limits),
              FailsWith(HasSubstr("'max_metadata'")));
}

// The map of a sparse file lies in front of its data, and has no limit of its own.
TEST_F(Tar, AnEndlessSparseMapIsAnError) {
  std::string map = "4000000\n";
  for (int i = 0; i < 4'000'000; ++i) map += "0\n0\n";
  TarBuilder tar;
  tar.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "10"}});
  EXPECT_THAT(extract_tar(tar.file("f", map).finish()), FailsWith(HasSubstr("'max_metadata'")));
}

TEST_F(Tar, NamesOverThePathLimitAreErrors) {
  std::string name;
  while (name.size() < 4096) name += "123456789/";
  EXPECT_THAT(extract_tar(TarBuilder().gnu_long('L', name).file("f", "").finish()),
              FailsWith(HasSubstr("'max_path_length'")));
}

TEST_F(Tar, ABombIsStoppedByItsRatio) {
  const std::string zeros(std::size_t{80} << 20, '\0');
  const auto bomb = tests::compress({"bzip2", "-9"}, TarBuilder().file("a", zeros).finish());
  EXPECT_THAT(extract_as("a.tar.bz2", bomb), FailsWith(HasSubstr("'max_ratio'")));
}

// --- what is not tar -------------------------------------------------------------------------

TEST_F(Tar, OtherContentIsAnErrorThatSaysWhatItIs) {
  EXPECT_THAT(extract_tar(ZipBuilder().file("a", "x").finish()),
              FailsWith(HasSubstr("zip archive")));
  EXPECT_THAT(extract_tar("<html><body>Please log in</body></html>"),
              FailsWith(HasSubstr("neither")));
  EXPECT_THAT(extract_tar(std::string(2000, 'x')), FailsWith(HasSubstr("neither")));
}

}  // namespace
}  // namespace slipway::fetcher
