// What two readers of one tar archive could understand differently.
#include "fetcher/tar_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/result_matchers.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;
using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;
using tests::TarBuilder;
using tests::TarMember;

// The whole archive, in pieces of so many blocks.
Result<void> guard(const std::string& tar, std::size_t blocks = 1'000'000,
                   std::uint64_t metadata = 1 << 20) {
  TarGuard guard(metadata);
  auto bytes = std::as_bytes(std::span(tar));
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), blocks * kTarBlock));
    TRY(guard.take(piece));
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

TarMember member(char type, const std::string& data) {
  TarMember made;
  made.name = "m";
  made.type = type;
  made.data = data;
  made.link = "target";
  return made;
}

TEST(TarGuard, HonestArchivesPassInPiecesOfAnySize) {
  const std::string tar = TarBuilder()
                              .directory("d")
                              .file("d/f", std::string(3000, 'x'))
                              .symlink("d/s", "f")
                              .hard_link("d/h", "d/f")
                              .gnu_long('L', std::string(200, 'n'))
                              .file("n", "x")
                              .pax({{"path", "long"}, {"size", "5"}})
                              .file("short", "12345")
                              .finish();
  for (std::size_t blocks = 1; blocks < 30; ++blocks) {
    EXPECT_THAT(guard(tar, blocks), IsOk()) << blocks;
  }
  // A cut is for the other reader to tell; here it must only do no harm.
  for (std::size_t size = 0; size < tar.size(); size += 100) {
    (void)guard(tar.substr(0, size), 3).has_value();
  }
}

TEST(TarGuard, MembersOfKindsWithoutDataHaveNone) {
  for (const char type : {'1', '2', '3', '4', '5', '6', 'V'}) {
    EXPECT_THAT(guard(TarBuilder().add(member(type, "")).finish()), IsOk()) << type;
    EXPECT_THAT(guard(TarBuilder().add(member(type, "x")).finish()),
                FailsWith(AllOf(HasSubstr("carries data"), HasSubstr("'m'"))))
        << type;
    if (type == 'V') continue;  // no member: pax says nothing of it
    EXPECT_THAT(guard(TarBuilder().pax({{"size", "512"}}).add(member(type, "")).finish()),
                FailsWith(HasSubstr("carries data")))
        << type;
  }
}

// What lies in such data would be members for one reader and not for the other.
TEST(TarGuard, NothingIsSmuggledBehindALink) {
  const std::string inner = TarBuilder().file("smuggled", "x").cut();
  EXPECT_THAT(guard(TarBuilder().add(member('2', inner)).file("f", "x").finish()),
              FailsWith(HasSubstr("symbolic link that carries data")));
}

TEST(TarGuard, NamesInPaxRecordsHaveNoNul) {
  for (const char* key : {"path", "linkpath", "GNU.sparse.name"}) {
    EXPECT_FALSE(guard(TarBuilder().pax({{key, "a\0/../../f"s}}).file("f", "x").finish())) << key;
    EXPECT_FALSE(
        guard(TarBuilder().pax({{"hdrcharset", "BINARY"}, {key, "a\0b"s}}).file("f", "x").finish()))
        << key;
  }
}

TEST(TarGuard, PaxRecordsAreWellFormed) {
  for (const std::string& body :
       {"9 path=a"s, "99 path=a\n"s, "x path=a\n"s, "7 path\n"s, "0 path=a\n"s, " 9 path=a\n"s,
        "-9 path=a\n"s, "18446744073709551616 a=b\n"s}) {
    TarMember header = member('x', body);
    EXPECT_FALSE(guard(TarBuilder().add(header).file("f", "x").finish())) << body;
  }
}

TEST(TarGuard, LongNamesEndAtTheirNul) {
  EXPECT_THAT(guard(TarBuilder().gnu_long('L', "name").file("f", "x").finish()), IsOk());
  for (const char type : {'L', 'K'}) {
    EXPECT_THAT(guard(TarBuilder().gnu_long(type, "a\0b"s).file("f", "x").finish()),
                FailsWith(HasSubstr("NUL")))
        << type;
  }
}

TEST(TarGuard, SparseMapsSayOneThingOnly) {
  const auto sparse = [](const std::string& size, const std::string& map) {
    return guard(
        TarBuilder()
            .pax(
                {{"GNU.sparse.size", size}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", map}})
            .file("f", "xy")
            .finish());
  };
  EXPECT_THAT(sparse("10", "0,2"), IsOk());
  EXPECT_THAT(sparse("10", "8,2"), IsOk());
  for (const char* map : {"9,2", "0,1", "0,3", "0,1,1", "0,9000", "-1,2", "x", "",
                          "0,99999999999999999999", "5,1,0,1", "0,1,0,1"}) {
    EXPECT_FALSE(sparse("10", map)) << map;
  }
}

TEST(TarGuard, HeadersOfOneMemberAreLimited) {
  const std::string tar =
      TarBuilder().pax({{"comment", std::string(5000, 'c')}}).file("f", "x").finish();
  EXPECT_THAT(guard(tar, 1, 8192), IsOk());
  EXPECT_THAT(guard(tar, 1, 4096), FailsWith(HasSubstr("'max_metadata'")));
  TarMember endless = member('x', "");
  endless.size = 077777777777;
  EXPECT_THAT(guard(TarBuilder().add(endless).finish()), FailsWith(HasSubstr("'max_metadata'")));
}

TEST(TarGuard, TheOtherReaderMustSeeTheSameMembers) {
  const std::string tar = TarBuilder().file("a", "x").pax({{"path", "b"}}).file("b", "").finish();
  TarGuard guard(1 << 20);
  ASSERT_THAT(guard.take(std::as_bytes(std::span(tar))), IsOk());
  EXPECT_THAT(guard.confirm(0), IsOk());
  EXPECT_THAT(guard.confirm(1024), IsOk());  // the first header of b
  EXPECT_EQ(guard.end(), 2560U);
  EXPECT_THAT(guard.confirm(2048), FailsWith(HasSubstr("contradictory")));
}

TEST(TarGuard, SizesThatCannotBeAreErrors) {
  for (const char* size : {"9223372036854775807", "18446744073709551615", "-1", "x", ""}) {
    EXPECT_FALSE(guard(TarBuilder().pax({{"size", size}}).file("f", "x").finish())) << size;
  }
}

}  // namespace
}  // namespace slipway::fetcher
