#include "fetcher/archive/tar_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"
#include "tests/support/result_matchers.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using std::string_literals::operator""s;
using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;
using tests::TarBuilder;
using tests::TarMember;
using Records = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t kLimit = 1 << 20;
constexpr const char* kDifferently = "understand differently";

Result<void> feed(TarGuard& guard, const std::string& tar, std::size_t piece) {
  const auto bytes = std::as_bytes(std::span(tar));
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    TRY(guard.take(bytes.subspan(at, std::min(piece, bytes.size() - at))));
  }
  return {};
}

Result<void> guarded(const std::string& tar, std::uint64_t limit = kLimit) {
  TarGuard guard(limit);
  return feed(guard, tar, tar.size());
}

TarMember member(char type, const std::string& data) {
  TarMember made;
  made.name = "m";
  made.type = type;
  made.data = data;
  return made;
}

std::string sparse_file(const Records& records, const std::string& data) {
  return TarBuilder().pax(records).file("f", data).finish();
}

std::string newest_sparse(std::string map, const std::string& size, const std::string& data) {
  map.resize((map.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  return sparse_file(
      {{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", size}},
      map + data);
}

TarBuilder many_members() {
  TarBuilder tar;
  tar.file("a", std::string(1000, 'a')).directory("d").symlink("s", "a").hard_link("h", "a");
  tar.pax({{"path", "long"}, {"size", "600"}}).add(member('0', std::string(600, 'b')));
  tar.gnu_long('K', std::string(300, 't')).gnu_long('L', std::string(700, 'n')).symlink("k", "x");
  tar.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "9"}});
  tar.file("sparse", "1\n8\n1\n" + std::string(506, '\0') + "x");
  return tar.file("last", "");
}

std::string whole_tar() {
  return many_members().finish();
}

TEST(TarGuard, SeesEveryMemberWhateverThePiecesAre) {
  const std::string tar = whole_tar();
  for (std::size_t piece = kTarBlock; piece <= tar.size(); piece += kTarBlock) {
    TarGuard guard(kLimit);
    ASSERT_THAT(feed(guard, tar, piece), IsOk()) << piece;
    for (const std::uint64_t blocks : {0U, 3U, 4U, 5U, 6U, 11U, 17U, 22U}) {
      EXPECT_THAT(guard.confirm(blocks * kTarBlock), IsOk()) << piece << ' ' << blocks;
    }
    EXPECT_EQ(guard.end(), 23 * kTarBlock);
    EXPECT_THAT(guard.confirm(23 * kTarBlock), IsOk());
    EXPECT_THAT(guard.confirm(24 * kTarBlock), FailsWith(HasSubstr("contradictory")));
  }
}

TEST(TarGuard, LeavesCutsToTheOtherReader) {
  const std::string tar = whole_tar();
  for (std::size_t length = 0; length < tar.size() - 1024; length += 64) {
    TarGuard guard(kLimit);
    EXPECT_THAT(feed(guard, tar.substr(0, length), kTarBlock), IsOk()) << length;
    EXPECT_FALSE(guard.end()) << length;
  }
}

TEST(TarGuard, ConfirmsMembersInTheirOrderOnly) {
  TarGuard guard(kLimit);
  ASSERT_THAT(guard.confirm(0), FailsWith(HasSubstr("different members")));
  ASSERT_THAT(feed(guard, TarBuilder().file("a", "x").file("b", "").finish(), kTarBlock), IsOk());
  EXPECT_THAT(guard.confirm(1024), FailsWith(HasSubstr("different members")));
  EXPECT_THAT(guard.confirm(0), IsOk());
  EXPECT_THAT(guard.confirm(512), FailsWith(HasSubstr("different members")));
}

TEST(TarGuard, RefusesDataBehindMembersThatHaveNone) {
  for (const char type : {'1', '2', '3', '4', '5', '6', 'V'}) {
    EXPECT_THAT(guarded(TarBuilder().add(member(type, "")).finish()), IsOk()) << type;
    EXPECT_THAT(guarded(TarBuilder().add(member(type, "data")).finish()),
                FailsWith(AllOf(HasSubstr("'m'"), HasSubstr("carries data"))))
        << type;
    if (type == 'V') continue;
    EXPECT_THAT(guarded(TarBuilder().pax({{"size", "512"}}).add(member(type, "")).finish()),
                FailsWith(HasSubstr("carries data")))
        << type;
  }
}

TEST(TarGuard, RefusesNamesWithANul) {
  for (const char* key : {"path", "linkpath", "GNU.sparse.name"}) {
    for (const auto& before : {Records{}, Records{{"hdrcharset", "BINARY"}}}) {
      Records records = before;
      records.emplace_back(key, "a\0b"s);
      EXPECT_THAT(guarded(TarBuilder().pax(records).symlink("l", "t").finish()),
                  FailsWith(AllOf(HasSubstr(key), HasSubstr(kDifferently))));
    }
  }
  EXPECT_THAT(guarded(TarBuilder().pax({{"SCHILY.xattr.user.a", "\0"s}}).file("f", "").finish()),
              IsOk());
  for (const char type : {'L', 'K'}) {
    EXPECT_THAT(guarded(TarBuilder().gnu_long(type, "name\0\0"s).symlink("l", "t").finish()),
                IsOk());
    EXPECT_THAT(guarded(TarBuilder().gnu_long(type, "name\0x"s).symlink("l", "t").finish()),
                FailsWith(AllOf(HasSubstr("'name'"), HasSubstr(kDifferently))));
  }
}

TEST(TarGuard, RefusesTwoNamesAndTargetsOfNoLink) {
  EXPECT_THAT(guarded(TarBuilder().gnu_long('L', "a").pax({{"path", "b"}}).file("f", "").finish()),
              FailsWith(AllOf(HasSubstr("'a'"), HasSubstr("'b'"))));
  EXPECT_THAT(guarded(TarBuilder().pax({{"linkpath", "t"}}).file("f", "").finish()),
              FailsWith(AllOf(HasSubstr("'f'"), HasSubstr(kDifferently))));
  EXPECT_THAT(guarded(TarBuilder().gnu_long('K', "t").directory("f").finish()),
              FailsWith(HasSubstr(kDifferently)));
  EXPECT_THAT(guarded(TarBuilder().pax({}).pax({}).file("f", "").finish()),
              FailsWith(HasSubstr("second pax header")));
}

TEST(TarGuard, RefusesMalformedPaxRecords) {
  for (const char* body : {"12 path=abc", "99 path=abc\n", "x path=abc\n", "0 path=abc\n",
                           "-12 path=abc\n", "99999999999999999999 path=abc\n", "12path=abc\n",
                           "7 path\n", "5 =a\n", "\n", "3 \n", "1", "12 note=abc\n1"}) {
    for (const char type : {'x', 'X', 'g'}) {
      EXPECT_THAT(guarded(TarBuilder().add(member(type, body)).file("f", "").finish()),
                  FailsWith(HasSubstr("malformed")))
          << body;
    }
  }
  for (const char* size : {"", "-1", " 1", "1x", "0x1", "9223372036854775808"}) {
    EXPECT_FALSE(guarded(sparse_file({{"size", size}}, "x")).has_value()) << size;
  }
}

TEST(TarGuard, RefusesGlobalHeadersThatNameOrMeasureMembers) {
  const auto global = [](const std::string& record) {
    return guarded(TarBuilder().add(member('g', record)).file("f", "x").finish());
  };
  EXPECT_THAT(global("13 comment=x\n"), IsOk());
  for (const char* record :
       {"10 path=x\n", "14 linkpath=x\n", "10 size=1\n", "20 GNU.sparse.map=x\n"}) {
    EXPECT_FALSE(global(record).has_value()) << record;
  }
  TarGuard guard(kLimit);
  ASSERT_THAT(feed(guard, TarBuilder().add(member('g', "13 comment=x\n")).finish(), 512), IsOk());
  EXPECT_EQ(guard.end(), 1024U);
  EXPECT_THAT(guard.confirm(0), IsOk());
}

TEST(TarGuard, RefusesExtensionHeadersWithoutAMember) {
  EXPECT_FALSE(guarded(TarBuilder().pax({{"path", "f"}}).finish()).has_value());
  EXPECT_FALSE(guarded(TarBuilder().gnu_long('L', "f").finish()).has_value());
  EXPECT_FALSE(guarded(TarBuilder().gnu_long('K', "f").finish()).has_value());
}

TEST(TarGuard, RefusesOldSparseMapsThatContradict) {
  const auto guarded_map = [](const Records& pieces, std::int64_t size) {
    std::string map;
    for (const auto& [offset, length] : pieces) {
      map += tests::tar_number(std::stoll(offset)) + tests::tar_number(std::stoll(length));
    }
    return guarded(TarBuilder().add(tests::old_sparse(map, size)).finish());
  };
  EXPECT_THAT(guarded_map({{"0", "0"}, {"5", "1"}, {"10", "0"}}, 10), IsOk());
  EXPECT_THAT(guarded_map({{"0", "9000"}}, 9000), FailsWith(HasSubstr("places 9000 bytes")));
  EXPECT_THAT(guarded_map({{"0", "0"}}, 9000), FailsWith(HasSubstr("places 0 bytes")));
  EXPECT_THAT(guarded_map({{"5", "1"}, {"0", "0"}}, 10), FailsWith(HasSubstr("go back")));
  EXPECT_THAT(guarded_map({{"5", "1"}, {"5", "0"}}, 10), FailsWith(HasSubstr("overlap")));
  EXPECT_THAT(guarded_map({{"9", "1"}}, 9), FailsWith(HasSubstr("beyond its size")));
  EXPECT_FALSE(guarded_map({{"9223372036854775807", "1"}}, 9).has_value());
  EXPECT_FALSE(guarded_map({{"-1", "1"}}, 9).has_value());
  EXPECT_FALSE(guarded_map({}, 1).has_value());
}

TEST(TarGuard, FollowsOldSparseMapsThroughTheirBlocks) {
  TarMember sparse = tests::old_sparse(tests::repeated(tests::tar_number(0, 24), 4), 10);
  sparse.patches[0].second = tests::repeated(tests::tar_number(0) + tests::tar_number(0), 4);
  sparse.patches.push_back({482, "\1"});
  sparse.data = "";
  std::string extension = tests::tar_number(9) + tests::tar_number(1);
  extension.resize(kTarBlock, '\0');
  sparse.size = 1;
  const std::string data = "x" + std::string(kTarBlock - 1, '\0');
  EXPECT_THAT(guarded(TarBuilder().add(sparse).raw(extension + data).file("g", "").finish()),
              IsOk());
  // A map that ended goes on.
  sparse.patches[0].second = tests::tar_number(0) + tests::tar_number(0);
  EXPECT_THAT(guarded(TarBuilder().add(sparse).raw(extension + data).finish()),
              FailsWith(HasSubstr("ends and goes on")));
}

TEST(TarGuard, RefusesSparseMapsInHeadersOfOtherFiles) {
  TarMember sparse = tests::old_sparse(tests::tar_number(0) + tests::tar_number(1), 1);
  EXPECT_THAT(guarded(TarBuilder().add(sparse).finish()), IsOk());
  sparse.type = '0';
  EXPECT_THAT(guarded(TarBuilder().add(sparse).finish()), FailsWith(HasSubstr(kDifferently)));
  sparse.type = 'S';
  sparse.magic = "ustar\00000"s;
  EXPECT_THAT(guarded(TarBuilder().add(sparse).finish()), FailsWith(HasSubstr(kDifferently)));
}

TEST(TarGuard, RefusesPaxSparseMapsThatContradict) {
  const auto list = [](const char* map, const char* pieces = "1") {
    return guarded(sparse_file(
        {{"GNU.sparse.size", "10"}, {"GNU.sparse.numblocks", pieces}, {"GNU.sparse.map", map}},
        "xy"));
  };
  EXPECT_THAT(list("0,2"), IsOk());
  EXPECT_THAT(list("0,1,9,1", "2"), IsOk());
  for (const char* map : {"", "0", "0,2,", "0,2,1", "0,-1", "-1,2", "0,9000", "5,1,0,1", "9,2", "x",
                          "0,99999999999999999999", "0,1", "0,1,1,1"}) {
    EXPECT_FALSE(list(map).has_value()) << map;
  }
  const auto pairs = [](const Records& records) { return guarded(sparse_file(records, "xy")); };
  const Records good = {{"GNU.sparse.size", "10"},
                        {"GNU.sparse.numblocks", "1"},
                        {"GNU.sparse.offset", "8"},
                        {"GNU.sparse.numbytes", "2"}};
  EXPECT_THAT(pairs(good), IsOk());
  EXPECT_FALSE(pairs({good[0], good[1], good[2]}).has_value());
  EXPECT_FALSE(pairs({good[0], good[1], good[3], good[2]}).has_value());
  EXPECT_FALSE(pairs({good[0], {"GNU.sparse.numblocks", "2"}, good[2], good[3]}).has_value());
  EXPECT_FALSE(pairs({good[0]}).has_value());
  EXPECT_FALSE(pairs({{"SCHILY.realsize", "3"}}).has_value());
}

TEST(TarGuard, RefusesSparseMapsInDataThatContradict) {
  EXPECT_THAT(guarded(newest_sparse("2\n0\n1\n10\n0\n", "10", "x")), IsOk());
  EXPECT_THAT(guarded(newest_sparse("0\n", "10", "")), IsOk());
  for (const char* map : {"", "1\n", "1\n0\n", "9999999999\n0\n1\n", "-1\n", "1\n0\n9000\n",
                          "1\n-5\n1\n", "x\n", "\n", "#\n1\n0\n1\n", "2\n5\n1\n0\n1\n",
                          "1\n10\n1\n", "1\n0\n0\n", "99999999999999999999\n"}) {
    EXPECT_FALSE(guarded(newest_sparse(map, "10", "x")).has_value()) << map;
  }
  std::string long_map = "200\n";
  for (int i = 0; i < 200; ++i) long_map += cat(1000 + i, "\n", i == 199 ? 1 : 0, "\n");
  EXPECT_THAT(guarded(newest_sparse(long_map, "2000", "x")), IsOk());
  EXPECT_FALSE(guarded(sparse_file({{"GNU.sparse.major", "1"}}, "1\n0\n0\n")).has_value());
  EXPECT_FALSE(
      guarded(sparse_file({{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}}, "")).has_value());
}

TEST(TarGuard, RefusesNumbersThatAreNoneAndSizesThatOverflow) {
  for (const auto& [field, good] :
       {std::pair("00000000001\0"s, true), std::pair("          1 "s, true),
        std::pair("\x80\0\0\0\0\0\0\0\0\0\0\1"s, true),
        std::pair("\0\0\0\0\0\0\0\0\0\0\0\0"s, false), std::pair("-0000000001"s, false),
        std::pair("0000000001x"s, false), std::pair("\0000000000001"s, false),
        std::pair("+0000000001"s, false),
        std::pair("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, false),
        std::pair("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"s, false),
        std::pair("\x80\0\0\1\0\0\0\0\0\0\0\1"s, false)}) {
    TarMember tested = member('0', "x");
    tested.patches = {{124, field}};
    EXPECT_EQ(guarded(TarBuilder().add(tested).finish()).has_value(), good) << escape(field);
  }
  EXPECT_THAT(guarded(sparse_file({{"size", "9223372036854775807"}}, "x")),
              FailsWith(HasSubstr("too large")));
}

TEST(TarGuard, KeepsNoMoreOfTheHeadersThanTheirLimit) {
  const std::string tar =
      TarBuilder().pax({{"comment", std::string(5000, 'c')}}).file("f", "").cut();
  EXPECT_THAT(guarded(tar, tar.size()), IsOk());
  EXPECT_THAT(guarded(tar, tar.size() - 1), FailsWith(HasSubstr("'max_metadata'")));
  std::string map = "4000000\n";
  for (int i = 0; i < 300'000; ++i) map += "0\n0\n";
  EXPECT_THAT(guarded(newest_sparse(map, "10", "")), FailsWith(HasSubstr("'max_metadata'")));
}

TEST(TarGuard, OverlooksWhatFollowsTheEndMark) {
  EXPECT_THAT(guarded(TarBuilder().file("f", "x").finish() + std::string(2000, 'x')), IsOk());
  EXPECT_THAT(guarded(TarBuilder().file("f", "x").raw(std::string(512, 'x')).finish()),
              FailsWith(HasSubstr("damaged: no tar header at byte 1024")));
}

}  // namespace
}  // namespace slipway::fetcher
