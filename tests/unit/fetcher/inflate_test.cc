// The engines for deflate and gzip, each alone and against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <string>

#include "fetcher/archive/decompress.h"
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/memory_source.h"
#include "tests/support/result_matchers.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;
using tests::MemorySource;

Result<std::string> gunzip(const std::string& gzip, const InflateEngine& engine,
                           std::size_t piece = SIZE_MAX, std::size_t room = 4096) {
  MemorySource source(std::as_bytes(std::span(gzip)), piece);
  const auto decoder = TRY(make_gzip_decoder(source, engine));
  std::string out;
  std::string buffer(room, '\0');
  while (const std::size_t count = TRY(decoder->read(std::as_writable_bytes(std::span(buffer))))) {
    out.append(buffer, 0, count);
  }
  return out;
}

// Raw deflate in pieces; the engine says where it ends.
Result<std::string> inflate_raw(const std::string& deflated, const InflateEngine& engine,
                                std::size_t piece) {
  const auto stream = TRY(engine.make(Framing::kRaw));
  std::string out;
  std::string buffer(300, '\0');
  std::size_t at = 0;
  for (bool idle = false; !idle;) {
    const auto in = std::as_bytes(std::span(deflated)).subspan(at);
    const auto step = TRY(stream->step(in.first(std::min(piece, in.size())),
                                       std::as_writable_bytes(std::span(buffer))));
    at += step.consumed;
    out.append(buffer, 0, step.produced);
    if (step.ended && at == deflated.size()) return out;
    if (step.ended) return Error("bytes follow");
    idle = step.consumed == 0 && step.produced == 0;
  }
  return Error("cut");
}

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += cat(i * i, i % 7 == 0 ? "\n" : " ");
  text.resize(size);
  return text;
}

class Inflate : public ::testing::TestWithParam<InflateEngine> {};

TEST_P(Inflate, GzipIsUndoneWhateverTheSizeOfThePieces) {
  const std::string text = text_of(20'000);
  const std::string gzip = tests::compress({"gzip"}, text);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 8U, 9U, 100U, 100'000U}) {
    for (const std::size_t room : {1U, 2U, 333U, 65'536U}) {
      const auto out = gunzip(gzip, GetParam(), piece, room);
      ASSERT_THAT(out, IsOk()) << piece << ' ' << room;
      EXPECT_EQ(*out, text) << piece << ' ' << room;
    }
  }
}

TEST_P(Inflate, MembersFollowEachOtherWhereverAPieceEnds) {
  const std::string gzip = tests::compress({"gzip"}, "one ") + tests::compress({"gzip"}, "") +
                           tests::compress({"gzip"}, "two") + std::string(20, '\0');
  for (std::size_t piece = 1; piece <= gzip.size(); ++piece) {
    const auto out = gunzip(gzip, GetParam(), piece);
    ASSERT_THAT(out, IsOk()) << piece;
    EXPECT_EQ(*out, "one two") << piece;
  }
}

TEST_P(Inflate, EveryCutAndEveryTrailingByteIsAnError) {
  const std::string gzip = tests::compress({"gzip"}, text_of(500));
  for (const std::size_t piece : {1U, 5U, 100'000U}) {
    for (std::size_t length = 0; length < gzip.size(); ++length) {
      EXPECT_THAT(gunzip(gzip.substr(0, length), GetParam(), piece), FailsWith(HasSubstr("cut")))
          << length;
    }
    for (const char* tail : {"x", "\x1f", "\x1f\x8b", "\x1f\x8b\x08xxxxxxxxxxxxxxx"}) {
      EXPECT_FALSE(gunzip(gzip + tail, GetParam(), piece).has_value()) << piece << tail;
    }
  }
}

TEST_P(Inflate, EveryChangedByteBehindTheHeaderIsAnError) {
  const std::string text = text_of(400);
  const std::string gzip = tests::compress({"gzip", "-n"}, text);
  for (std::size_t at = 10; at < gzip.size(); ++at) {
    std::string changed = gzip;
    changed[at] = static_cast<char>(changed[at] ^ 0x04);
    const auto out = gunzip(changed, GetParam());
    // A bit that fills the last byte of the deflate stream means nothing.
    if (out) {
      EXPECT_EQ(*out, text) << at;
    }
    if (at >= gzip.size() - 8) {
      EXPECT_THAT(out, FailsWith(HasSubstr("damaged"))) << at;
    }
  }
}

TEST_P(Inflate, HeadersWithEveryFieldAreRead) {
  std::string gzip = tests::compress({"gzip", "-n"}, "content");
  const std::string rest = gzip.substr(10);
  gzip[3] = 4 | 8 | 16;  // extra field, name, comment
  const std::string header =
      gzip.substr(0, 10) + std::string("\x03\0abc", 5) + std::string("name\0comment\0", 13);
  for (const std::size_t piece : {1U, 3U, 100U}) {
    const auto out = gunzip(header + rest, GetParam(), piece);
    ASSERT_THAT(out, IsOk());
    EXPECT_EQ(*out, "content");
  }
}

TEST_P(Inflate, RawDeflateEndsWhereItEnds) {
  for (const std::size_t size : {0U, 1U, 100U, 5'000U}) {
    const std::string text = text_of(size);
    const std::string deflated = tests::deflate_raw(text);
    for (std::size_t piece = 1; piece <= deflated.size(); piece = piece * 2 + 1) {
      const auto out = inflate_raw(deflated, GetParam(), piece);
      ASSERT_THAT(out, IsOk()) << size << ' ' << piece;
      EXPECT_EQ(*out, text);
      for (std::size_t more = 1; more <= 12; ++more) {
        EXPECT_FALSE(inflate_raw(deflated + std::string(more, 'x'), GetParam(), piece))
            << size << ' ' << piece << ' ' << more;
      }
    }
    for (std::size_t length = 0; length < std::min<std::size_t>(deflated.size(), 200); ++length) {
      EXPECT_FALSE(inflate_raw(deflated.substr(0, length), GetParam(), SIZE_MAX)) << length;
    }
  }
}

TEST_P(Inflate, ReservedFlagsOtherMethodsAndWrongHeaderChecksumsAreErrors) {
  const std::string gzip = tests::compress({"gzip", "-n"}, "content");
  for (const auto& [at, value] :
       {std::pair(0, '\x1e'), {1, '\x8c'}, {2, '\x07'}, {3, '\x20'}, {3, '\x80'}}) {
    std::string changed = gzip;
    changed[static_cast<std::size_t>(at)] = value;
    EXPECT_THAT(gunzip(changed, GetParam()), FailsWith(HasSubstr("damaged"))) << at;
  }
  std::string header = gzip.substr(0, 10);
  header[3] = 2;
  const auto crc = crc32(0, std::as_bytes(std::span(header)));
  header += static_cast<char>(crc & 0xff);
  header += static_cast<char>(crc >> 8 & 0xff);
  EXPECT_THAT(gunzip(header + gzip.substr(10), GetParam(), 1), IsOk());
  header.back() = static_cast<char>(header.back() ^ 1);
  EXPECT_THAT(gunzip(header + gzip.substr(10), GetParam()), FailsWith(HasSubstr("damaged")));
}

// The length in the trailer has 32 bits only. Made of one packed piece that is repeated: 4 GiB in
// no time.
TEST(InflateEngines, MoreThanFourGigabytesAreCountedRight) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
  constexpr std::uint64_t kPieces = 4097;
  z_stream stream{};
  ASSERT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string zeros(kPiece, '\0');
  std::string packed(65'536, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = kPiece;
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(::deflate(&stream, Z_FULL_FLUSH), Z_OK);
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  const uLong piece_crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(zeros.data()), kPiece);
  uLong crc = 0;
  std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    gzip += packed;
    crc = ::crc32_combine(crc, piece_crc, kPiece);
  }
  gzip += std::string("\x03\0", 2);  // an empty last block
  for (const std::uint64_t number : {std::uint64_t{crc}, kPiece * kPieces}) {
    for (unsigned shift = 0; shift < 32; shift += 8) gzip += static_cast<char>(number >> shift);
  }
  MemorySource source(std::as_bytes(std::span(gzip)));
  auto decoder = make_gzip_decoder(source);
  ASSERT_THAT(decoder, IsOk());
  std::uint64_t total = 0;
  for (;;) {
    const auto count = (*decoder)->read(std::as_writable_bytes(std::span(zeros)));
    ASSERT_THAT(count, IsOk());
    if (*count == 0) break;
    total += *count;
  }
  EXPECT_EQ(total, kPiece * kPieces);
}

INSTANTIATE_TEST_SUITE_P(Engines, Inflate,
                         ::testing::ValuesIn(inflate_engines().begin(), inflate_engines().end()),
                         [](const auto& row) { return std::string(row.param.name); });

// Debian has ISA-L, and what is built there is built with it.
TEST(InflateEngines, TheFastOneComesFirst) {
  EXPECT_EQ(fastest_inflate().name, "isal");
  EXPECT_EQ(inflate_engines().back().name, "zlib");
}

TEST(Crc32, IsZlibs) {
  const std::string text = text_of(10'000);
  const auto bytes = std::as_bytes(std::span(text));
  const auto expected = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  EXPECT_EQ(crc32(0, bytes), expected);
  EXPECT_EQ(crc32(crc32(0, bytes.first(777)), bytes.subspan(777)), expected);
  EXPECT_EQ(crc32(0, {}), 0U);
}

}  // namespace
}  // namespace slipway::fetcher
