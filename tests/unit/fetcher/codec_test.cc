#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <span>

#include "fetcher/archive/decompress.h"
#include "tests/support/in_child.h"
#include "tests/support/memory_source.h"
#include "tests/support/noise.h"
#include "tests/support/run_program.h"
#include "tests/unit/fetcher/extraction.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;

struct Codecs {
  const char* title;
  const char* file_name;
  std::vector<std::string> program;
};

class CodecTest : public Extraction, public ::testing::WithParamInterface<Codecs> {
 protected:
  // Content that compresses badly enough to fill several buffers.
  static std::string content() { return tests::noise(700'000); }
  static std::string archive() {
    return tests::compress(GetParam().program, TarBuilder().file("f", content()).finish());
  }
  Result<Extracted> run(const std::string& bytes) {
    return extract_as(GetParam().file_name, bytes);
  }
};

TEST_P(CodecTest, A08_A09_CompressedTarIsExtracted) {
  ASSERT_THAT(run(archive()), IsOk());
  EXPECT_EQ(read("f"), content());
}

TEST_P(CodecTest, AnyTarNameMayHoldAnyCodec) {
  for (const char* name : {"a.tar", "a.tgz", "a.tar.gz", "a.tbz2", "a.txz", "a.tar.zst"}) {
    EXPECT_THAT(extract_as(name, archive()), IsOk()) << name;
  }
}

TEST_P(CodecTest, A10_ATarThatIsCompressedTwiceIsExtracted) {
  ASSERT_THAT(run(tests::compress({"bzip2"}, archive())), IsOk());
  EXPECT_EQ(read("f"), content());
  EXPECT_THAT(run(tests::compress({"gzip"}, tests::compress({"gzip"}, archive()))),
              FailsWith(HasSubstr("more than twice")));
}

TEST_P(CodecTest, BothLayersOfOneThatIsCompressedTwiceAreChecked) {
  std::string bytes = archive();
  bytes.resize(bytes.size() - 3);
  EXPECT_FALSE(run(tests::compress({"gzip"}, bytes)).has_value());
}

TEST_P(CodecTest, ANameLikeAMagicNumberIsNoCompression) {
  for (const std::string name : {"BZh9", "\x1f\x8b",
                                 "\xfd"
                                 "7zXZ"}) {
    const std::string tar = TarBuilder().file(name, "x").finish();
    EXPECT_THAT(extract_as("a.tar", tar), IsOk());
    EXPECT_EQ(read(name), "x");
    EXPECT_THAT(run(tests::compress(GetParam().program, tar)), IsOk());
    EXPECT_EQ(read(name), "x");
  }
}

TEST_P(CodecTest, StreamsOneAfterTheOtherAreOne) {
  const std::string tar = TarBuilder().file("f", content()).finish();
  const auto bytes = tests::compress(GetParam().program, tar.substr(0, 300'000)) +
                     tests::compress(GetParam().program, tar.substr(300'000));
  ASSERT_THAT(run(bytes), IsOk());
  EXPECT_EQ(read("f"), content());
}

TEST_P(CodecTest, EveryCutIsAnError) {
  const std::string bytes = archive();
  for (const std::size_t missing :
       std::initializer_list<std::size_t>{1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 20, 100, 1000}) {
    EXPECT_FALSE(run(bytes.substr(0, bytes.size() - missing)).has_value()) << missing;
  }
  for (std::size_t length = 1; length < bytes.size(); length += bytes.size() / 23) {
    EXPECT_FALSE(run(bytes.substr(0, length)).has_value()) << length;
  }
}

TEST_P(CodecTest, AChangedBitNeverGivesOtherContent) {
  const std::string bytes = archive();
  int errors = 0;
  for (std::size_t at = 12; at < bytes.size(); at += bytes.size() / 37) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    if (run(changed)) {
      // The bit meant nothing, as those that fill the last byte of a stream.
      EXPECT_EQ(read("f"), content()) << at;
    } else {
      ++errors;
    }
  }
  EXPECT_GT(errors, 35);
}

TEST_P(CodecTest, BytesBehindTheEndAreAnError) {
  EXPECT_FALSE(run(archive() + "junk").has_value());
  EXPECT_FALSE(run(archive() + std::string(600, '\0') + "x").has_value());
}

TEST_P(CodecTest, AnEmptyStreamHoldsNoArchive) {
  EXPECT_FALSE(run(tests::compress(GetParam().program, "")).has_value());
}

TEST_P(CodecTest, AZipInsideIsRefused) {
  const auto zip = ZipBuilder().file("a", "x").finish();
  EXPECT_THAT(run(tests::compress(GetParam().program, zip)), FailsWith(HasSubstr("zip archive")));
}

INSTANTIATE_TEST_SUITE_P(All, CodecTest,
                         ::testing::Values(Codecs{"gzip", "a.tar.gz", {"gzip"}},
                                           Codecs{"bzip2", "a.tar.bz2", {"bzip2"}},
                                           Codecs{"xz", "a.tar.xz", {"xz"}},
                                           // Its checksum is what makes a changed bit visible.
                                           Codecs{"zstd", "a.tar.zst", {"zstd", "--check"}}),
                         [](const auto& row) { return row.param.title; });

class GzipFile : public Extraction {};

TEST_F(GzipFile, F20_LosesItsSuffix) {
  ASSERT_THAT(extract_as("x.gz", tests::compress({"gzip"}, "content")), IsOk());
  EXPECT_THAT(extracted(), ElementsAre("x"));
  EXPECT_EQ(read("x"), "content");
  EXPECT_EQ(mode("x"), 0644U);
}

// The name inside the gzip header says something else; so does an output_file.
TEST_F(GzipFile, F25_TheNameInTheHeaderIsIgnored) {
  const tests::TempDir source;
  source.write("inner", "content");
  const auto made = tests::run_program({"gzip", "-cN", source / "inner"});
  ASSERT_THAT(extract_as("custom.gz", made.out), IsOk());
  EXPECT_THAT(extracted(), ElementsAre("custom"));
}

TEST_F(GzipFile, EmptyContentIsAnEmptyFile) {
  ASSERT_THAT(extract_as("x.gz", tests::compress({"gzip"}, "")), IsOk());
  EXPECT_EQ(read("x"), "");
}

TEST_F(GzipFile, MembersAreJoinedAndZerosMayFollow) {
  const auto bytes = tests::compress({"gzip"}, "one ") + tests::compress({"gzip"}, "two");
  ASSERT_THAT(extract_as("x.gz", bytes + std::string(300'000, '\0')), IsOk());
  EXPECT_EQ(read("x"), "one two");
  EXPECT_THAT(extract_as("x.gz", bytes + std::string(300'000, '\0') + "x"),
              FailsWith(HasSubstr("padding of zeros")));
  EXPECT_THAT(extract_as("x.gz", bytes + "x"), FailsWith(HasSubstr("neither zeros nor gzip")));
}

TEST_F(GzipFile, ChecksumAndLengthOfTheTrailerAreVerified) {
  const auto bytes = tests::compress({"gzip"}, "content");
  for (std::size_t back = 1; back <= 8; ++back) {
    std::string changed = bytes;
    changed[bytes.size() - back] = static_cast<char>(changed[bytes.size() - back] ^ 1);
    EXPECT_THAT(extract_as("x.gz", changed), FailsWith(HasSubstr("damaged"))) << back;
    EXPECT_THAT(extract_as("x.gz", bytes.substr(0, bytes.size() - back)),
                FailsWith(HasSubstr("cut")))
        << back;
  }
}

TEST_F(GzipFile, NamesThatLeaveNothingOrClimbAreErrors) {
  const auto bytes = tests::compress({"gzip"}, "content");
  for (const char* name : {".gz", "..gz", "...gz"}) {
    EXPECT_FALSE(extract_as(name, bytes).has_value()) << name;
  }
}

TEST_F(GzipFile, OtherContentIsAnError) {
  EXPECT_THAT(extract_as("x.gz", "plain text"), FailsWith(HasSubstr("not gzip data")));
  EXPECT_THAT(extract_as("x.gz", tests::compress({"bzip2"}, "x")),
              FailsWith(HasSubstr("not gzip data")));
}

TEST_F(GzipFile, LimitsHold) {
  ExtractLimits limits;
  limits.bytes = 1000;
  EXPECT_THAT(extract_as("x.gz", tests::compress({"gzip"}, std::string(1000, 'x')), limits),
              IsOk());
  EXPECT_THAT(extract_as("x.gz", tests::compress({"gzip"}, std::string(1001, 'x')), limits),
              FailsWith(HasSubstr("'max_bytes'")));
}

class DecoderMemory : public Extraction {
 protected:
  // The errno of undoing it where no more than 512 KiB are to be had at once, 0 where it succeeds.
  // For a process of its own, which has no memory left afterwards.
  static int error_with_little_memory(const std::string& bytes) {
    tests::MemorySource source(std::as_bytes(std::span(bytes)));
    auto decoder = make_decoder(codec_of(std::as_bytes(std::span(bytes))), source,
                                ExtractLimits{}.decoder_memory);
    EXPECT_THAT(decoder, IsOk());
    std::vector<std::byte> out(64 * 1024);
    use_up_memory();
    for (;;) {
      const auto count = (*decoder)->read(out);
      if (!count) return count.error().number();
      if (*count == 0) return 0;
    }
  }

 private:
  static void use_up_memory() {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t most = pages * static_cast<rlim_t>(::getpagesize()) + 1'000'000;
    const rlimit limit{most, most};
    EXPECT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
    // And what malloc has got already.
    void* volatile piece = nullptr;
    do {
      piece = std::malloc(512 * 1024);  // NOLINT(cppcoreguidelines-no-malloc): never given back
    } while (piece != nullptr);
  }
};

TEST_F(DecoderMemory, IsLimitedForXzAndZstd) {
  const std::string tar = TarBuilder().file("f", std::string(20 << 20, 'x')).finish();
  ExtractLimits limits;
  limits.decoder_memory = 4 << 20;
  limits.ratio = 1'000'000;
  const auto xz = tests::compress({"xz", "--lzma2=dict=16MiB"}, tar);
  EXPECT_THAT(extract_as("a.tar.xz", xz, limits), FailsWith(HasSubstr("'max_memory'")));
  const auto zstd = tests::compress({"zstd", "--long=27"}, tar);
  EXPECT_THAT(extract_as("a.tar.zst", zstd, limits), FailsWith(HasSubstr("'max_memory'")));
  limits.decoder_memory = ExtractLimits{}.decoder_memory;
  EXPECT_THAT(extract_as("a.tar.xz", xz, limits), IsOk());
  EXPECT_THAT(extract_as("a.tar.zst", zstd, limits), IsOk());
}

TEST_F(DecoderMemory, AnXzWindowAsLargeAsTheLimitIsAllowed) {
  const std::string tar = TarBuilder().file("f", "x").finish();
  ExtractLimits limits;
  limits.decoder_memory = 16 << 20;
  const auto within = tests::compress({"xz", "--lzma2=dict=16MiB"}, tar);
  EXPECT_THAT(extract_as("a.tar.xz", within, limits), IsOk());
  const auto larger = tests::compress({"xz", "--lzma2=dict=24MiB"}, tar);
  EXPECT_THAT(extract_as("a.tar.xz", larger, limits),
              FailsWith(AllOf(HasSubstr("'max_memory'"), HasSubstr("too large a window"))));
}

TEST_F(DecoderMemory, TheMessageSaysWhatOfTheLimitCountsForZstd) {
  const std::string tar = TarBuilder().file("f", std::string(20 << 20, 'x')).finish();
  ExtractLimits limits;
  limits.decoder_memory = 7'000'000;
  EXPECT_THAT(extract_as("a.tar.zst", tests::compress({"zstd", "--long=27"}, tar), limits),
              FailsWith(AllOf(HasSubstr("'max_memory'"), HasSubstr("more than 4194304 bytes"))));
}

// The runtimes of the sanitizers take address space as they like.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// This machine's trouble, not the archive's: what class the failure gets goes by the number.
TEST_F(DecoderMemory, WhatIsNotToBeHadIsNoFaultOfTheArchives) {
  const std::string tar = TarBuilder().file("f", "x").finish();
  const std::vector<std::string> programs[] = {
      {"xz", "--lzma2=dict=64MiB"}, {"zstd", "--long=26"}, {"bzip2"}};
  for (const auto& program : programs) {
    const auto bytes = tests::compress(program, tar);
    tests::in_child([&] { EXPECT_EQ(error_with_little_memory(bytes), ENOMEM) << program[0]; });
  }
}

#endif

// Each layer alone stays below the limit.
TEST_F(Extraction, ABombOfTwoLayersIsOne) {
  const std::string once = tests::compress(
      {"gzip"}, TarBuilder().file("zeros", std::string(std::size_t{80} << 20, '\0')).finish());
  EXPECT_THAT(extract_as("a.tar.gz", once), IsOk());
  EXPECT_THAT(extract_as("a.tar.gz", tests::compress({"gzip"}, once)),
              FailsWith(HasSubstr("max_ratio")));
}

}  // namespace
}  // namespace slipway::fetcher
