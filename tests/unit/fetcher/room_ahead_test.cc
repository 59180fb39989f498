// Room in the cache while a body comes: what cannot stay is refused as soon as it shows.
#include "fetcher/cache/room_ahead.h"

#include <sys/mount.h>

#include "tests/unit/fetcher/cache_room_fixture.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;

using RoomAheadTest = CacheRoomTest;

TEST_F(RoomAheadTest, ABodyThatTheCacheCannotTakeIsRefusedAsSoonAsItShows) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(100 * kKiB));
  ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key("a"), milliseconds(0)));
  RoomAhead announced(cache, fill->file.get());
  const auto refused = announced.reached(0, 200 * kKiB);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(std::errc::file_too_large)) << refused.error().message();
  RoomAhead unknown(cache, fill->file.get());
  EXPECT_THAT(unknown.reached(0, std::nullopt), IsOk());
  EXPECT_THAT(unknown.reached(*cache.largest(), std::nullopt), IsOk());
  EXPECT_FALSE(unknown.reached(*cache.largest() + 1, std::nullopt));
}

TEST_F(RoomAheadTest, RoomIsMadeForWhatIsAnnouncedAndForNoMore) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
  age(cache, "a", 300);
  ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key("d"), milliseconds(0)));
  RoomAhead ahead(cache, fill->file.get());
  EXPECT_THAT(ahead.reached(0, 80 * kKiB), IsOk());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_THAT(ahead.reached(0, 120 * kKiB), IsOk()) << "it has begun anew";
  EXPECT_FALSE(has(cache, "a"));
  EXPECT_TRUE(has(cache, "b"));
}

// What announces its length has its blocks reserved far ahead.
TEST_F(RoomAheadTest, AnAnnouncedBodyHasItsRoomBeforeItsBlocks) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(20 * 1024 * kKiB));
  for (int i = 0; i < 19; ++i) ASSERT_THAT(put(cache, cat("f", i), 1000 * kKiB), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key("big"), milliseconds(0)));
  RoomAhead ahead(cache, fill->file.get());
  ASSERT_THAT(ahead.reached(0, 8192 * kKiB), IsOk());
  EXPECT_LE(total(cache) + 8192 * kKiB, 20 * 1024 * kKiB);
}

TEST_F(RoomAheadTest, TheReserveIsKeptWhileABodyComesAndWhenItIsPublished) {
  const std::string small = dir_.make_directory("small", 0700);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m,mode=0700"), 0);
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(small, 100 * 1024 * kKiB, 512 * kKiB));
    ASSERT_THAT(put(cache, "a", 300 * kKiB), IsOk());
    {
      ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key("b"), milliseconds(0)));
      RoomAhead announced(cache, fill->file.get());
      const auto refused = announced.reached(0, 700 * kKiB);
      ASSERT_FALSE(refused);
      EXPECT_TRUE(refused.error().is(std::errc::no_space_on_device)) << refused.error().message();
      // Where it may become large it may stay small, too.
      RoomAhead unknown(cache, fill->file.get());
      EXPECT_FALSE(unknown.reached(0, std::nullopt)) << "not even the least is there";
    }
    EXPECT_THAT(put(cache, "c", 700 * kKiB), FailsWith(HasSubstr("must leave")));
    EXPECT_THAT(put(cache, "d", 100 * kKiB), IsOk());
  }
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace slipway::fetcher
