// The cache's limits, what is left for the next fill, and waiting for others.
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "fetcher/base/automatic_size.h"
#include "fetcher/cache/cache_eviction.h"
#include "fetcher/cache/cache_usage.h"
#include "tests/unit/fetcher/cache_room_fixture.h"

namespace slipway::fetcher {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;

TEST_F(CacheRoomTest, WhatWasNotUsedForLongestGoesFirstWithItsEntry) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
  age(cache, "a", 100);
  age(cache, "b", 300);
  age(cache, "c", 200);
  cache.mark_used(key("b"));
  ASSERT_THAT(put(cache, "d", 100 * kKiB), IsOk());
  EXPECT_FALSE(has(cache, "c"));
  EXPECT_FALSE(tests::exists(v1(in("uris", key("c")))));
  EXPECT_FALSE(tests::exists(v1(in("locks", key("c")))));
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_TRUE(has(cache, "b"));
  EXPECT_TRUE(has(cache, "d"));
}

TEST_F(CacheRoomTest, LookingIsNoUse) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(put(cache, "a", kKiB), IsOk());
  age(cache, "a", 100);
  const std::string entry = in("uris", key("a"));
  const auto marked = [&] { return cache.directory().find_file(entry)->st_mtim.tv_sec; };
  const time_t before = marked();
  ASSERT_THAT(cache.open_object(*cache.find(key("a"))), IsOk());
  EXPECT_EQ(marked(), before);
  cache.mark_used(key("a"));
  EXPECT_GT(marked(), before);
}

TEST_F(CacheRoomTest, AContentIsAsYoungAsTheLastUseOfAnyOfItsUris) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  // One content, by two names; and another that was used in between.
  for (const char* name : {"a", "a?again", "b"}) {
    ASSERT_THAT(put_content(cache, name, std::string(100 * kKiB, name[0])), IsOk());
  }
  age(cache, "a", 300);
  age(cache, "b", 200);
  age(cache, "a?again", 100);
  ASSERT_EQ(cache.find(key("a"))->sha256, cache.find(key("a?again"))->sha256);
  for (const char* name : {"c", "d"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_TRUE(has(cache, "a?again"));
  EXPECT_FALSE(has(cache, "b"));
}

TEST_F(CacheRoomTest, WhatIsInUseStays) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  ASSERT_OK_AND_ASSIGN(Fd in_use, put(cache, "a", 100 * kKiB));
  for (const char* name : {"b", "c"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
  age(cache, "a", 300);
  age(cache, "b", 200);
  ASSERT_THAT(cache.make_room(150 * kKiB), IsOk());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_FALSE(has(cache, "b"));
  in_use.reset();
  age(cache, "a", 300);
  ASSERT_THAT(cache.make_room(250 * kKiB), IsOk());
  EXPECT_FALSE(has(cache, "a"));
}

TEST_F(CacheRoomTest, WhatNobodyNamesGoesFirst) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  ASSERT_THAT(put(cache, "a", 100 * kKiB), IsOk());
  ASSERT_THAT(put(cache, "b", 200 * kKiB), IsOk());
  age(cache, "a", 300);
  ASSERT_EQ(::unlink(v1(in("uris", key("b"))).c_str()), 0);
  ASSERT_THAT(cache.make_room(200 * kKiB), IsOk());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_EQ(total(cache), 104 * kKiB);
}

TEST_F(CacheRoomTest, ContentLargerThanTheCacheIsRefusedByCode) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(100 * kKiB));
  EXPECT_EQ(cache.largest(), 88 * kKiB) << "what its own files and an entry leave";
  const auto published = put(cache, "a", 200 * kKiB);
  ASSERT_FALSE(published);
  EXPECT_TRUE(published.error().is(std::errc::file_too_large)) << published.error().message();
  const auto room = cache.make_room(200 * kKiB);
  ASSERT_FALSE(room);
  EXPECT_TRUE(room.error().is(std::errc::file_too_large));
  EXPECT_EQ(total(cache), 0U) << "the partial file is left";
}

TEST_F(CacheRoomTest, TheCachesOwnFilesAreWithinTheLimit) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_THAT(put(cache, name, 96 * kKiB), IsOk());
  EXPECT_LE(disk_use(), 400 * kKiB);
}

TEST_F(CacheRoomTest, TheLargestContentFitsWithItsEntry) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(100 * kKiB));
  const std::uint64_t largest = *cache.largest();
  ASSERT_THAT(put(cache, "a", largest), IsOk());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_LE(disk_use(), 100 * kKiB);
  EXPECT_THAT(put(cache, "b", largest + 1), FailsWith(HasSubstr("than what the cache can hold")));
}

TEST_F(CacheRoomTest, ALostOrDamagedCountIsMadeAnew) {
  const std::string stale = cat(std::string(20, '0'), ' ', std::string(20, '0'),
                                " 00000000-0000-0000-0000-000000000000\n");
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const std::string& bad : {std::string(), std::string("junk"), stale}) {
    for (const char* name : {"a", "b", "c"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
    dir_.write("v1/usage", bad, 0600);
    ASSERT_THAT(put(cache, "d", 100 * kKiB), IsOk());
    EXPECT_LE(total(cache), 400 * kKiB) << bad;
    ASSERT_EQ(::unlink(v1("usage").c_str()), 0);
    ASSERT_THAT(put(cache, "e", 100 * kKiB), IsOk());
    EXPECT_LE(total(cache), 400 * kKiB) << bad;
  }
}

TEST_F(CacheRoomTest, AStoppedHolderOfTheCountStopsNobody) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(put(cache, "a", kKiB), IsOk());
  ASSERT_OK_AND_ASSIGN(const Fd usage, sys::open_at(AT_FDCWD, v1("usage"), O_RDWR));
  ASSERT_EQ(::flock(usage.get(), LOCK_EX), 0);
  EXPECT_THAT(put(cache, "b", kKiB), IsOk());
  EXPECT_TRUE(has(cache, "b"));
  EXPECT_THAT(put(cache, "c", kKiB), IsOk());
}

TEST_F(CacheRoomTest, ManyProcessesKeepTheLimit) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(512 * kKiB));
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    const auto until = steady_clock::now() + milliseconds(1500);
    int failures = 0;
    for (int n = i; steady_clock::now() < until; ++n) {
      if (!put(cache, cat("file", n % 40), 32 * kKiB)) ++failures;
    }
    ::_exit(failures == 0 ? 0 : 1);
  }
  std::uint64_t most = 0;
  for (int i = 0; i < 20; ++i, ::usleep(50'000)) most = std::max(most, total(cache));
  for (const pid_t child : children) EXPECT_EQ(*sys::wait_for(child), 0);
  EXPECT_LE(most, (512 + 8 * 40) * kKiB) << "the limit, and what eight are filling";
  EXPECT_LE(total(cache), 512 * kKiB);
}

TEST_F(CacheRoomTest, ADeadFillersBytesAreLeftForTheNext) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  end(holder(cache, "a", [](const CacheFill&) { ::pause(); }));
  ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key("a"), milliseconds(0)));
  ASSERT_TRUE(fill && fill->left);
  EXPECT_EQ(fill->left->bytes, 4U);
  EXPECT_EQ(fill->left->identity.validators.etag, "\"strong\"");
  EXPECT_EQ(fill->left->identity.total, 1000U);
}

TEST_F(CacheRoomTest, WhatCannotBeTrustedToBeAPrefixIsNotLeft) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const auto left_after = [&](const BodyIdentity& identity, std::string_view written,
                              const std::function<void(std::string&)>& change) {
    auto fill = *cache.begin_fill(key("a"), milliseconds(0));
    EXPECT_THAT(sys::write_all(fill->file.get(), written), IsOk());
    EXPECT_THAT(cache.note_progress(*fill, received(written, identity)), IsOk());
    fill.reset();
    const std::string record = cat("v1/partial/", key("a"), ".body");
    if (tests::exists(dir_ / record)) {
      std::string text = tests::read_file(dir_ / record);
      change(text);
      dir_.write(record, text, 0600);
    }
    auto next = *cache.begin_fill(key("a"), milliseconds(0));
    const bool left = next->left.has_value();
    const auto size = sys::stat_fd(next->file.get())->st_size;
    EXPECT_EQ(size != 0, left);
    cache.abandon(*std::move(next));
    return left;
  };
  const auto as_it_is = [](std::string&) {};
  EXPECT_TRUE(left_after(kStrong, "half", as_it_is));
  EXPECT_TRUE(left_after({{"", "Mon, 01 Jan 2024 00:00:00 GMT"}, {}}, "half", as_it_is));
  EXPECT_FALSE(left_after({{"W/\"weak\"", ""}, 1000}, "half", as_it_is));
  EXPECT_FALSE(left_after({{"W/\"weak\"", "a date"}, 1000}, "half", as_it_is));
  EXPECT_FALSE(left_after({{"no quotes", ""}, 1000}, "half", as_it_is));
  EXPECT_FALSE(left_after({{}, 1000}, "half", as_it_is));
  EXPECT_FALSE(left_after({{"\"strong\"", ""}, 3}, "half", as_it_is)) << "larger than the whole";
  EXPECT_FALSE(left_after(kStrong, "half", [](std::string& text) { text.resize(20); }));
  EXPECT_FALSE(left_after(kStrong, "half", [](std::string& text) {
    const std::size_t boot = text.find("\"boot\":\"") + 8;
    text[boot] = text[boot] == '0' ? '1' : '0';
  })) << "another boot";
}

TEST_F(CacheRoomTest, KeepLeavesWhatCanBeResumedAndAbandonNothing) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  for (const bool keep : {true, false}) {
    auto fill = *cache.begin_fill(key("a"), milliseconds(0));
    ASSERT_THAT(sys::write_all(fill->file.get(), "half"), IsOk());
    ASSERT_THAT(cache.note_progress(*fill, received("half", kStrong)), IsOk());
    keep ? cache.keep(*std::move(fill)) : cache.abandon(*std::move(fill));
    EXPECT_EQ(std::filesystem::is_empty(v1("partial")), !keep);
  }
  auto weak = *cache.begin_fill(key("a"), milliseconds(0));
  ASSERT_THAT(sys::write_all(weak->file.get(), "half"), IsOk());
  cache.keep(*std::move(weak));
  EXPECT_TRUE(std::filesystem::is_empty(v1("partial")));
}

TEST_F(CacheRoomTest, PartialsGoAfterAWeekAndNeverWhileTheyAreFilled) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  const auto leave = [&](std::string_view name, time_t age) {
    auto fill = *cache.begin_fill(key(name), milliseconds(0));
    const std::string text(50 * kKiB, 'x');
    EXPECT_THAT(sys::write_all(fill->file.get(), text), IsOk());
    EXPECT_THAT(cache.note_progress(*fill, received(text, {{"\"strong\"", ""}, {}})), IsOk());
    const timespec then{::time(nullptr) - age, 0};
    EXPECT_THAT(sys::set_times(fill->file.get(), then, then), IsOk());
    return fill;
  };
  constexpr time_t kDay = 24 * 60 * 60;
  (void)leave("week", 8 * kDay);
  (void)leave("yesterday", kDay);
  const auto filling = leave("filling", 8 * kDay);
  ASSERT_THAT(put(cache, "old", 100 * kKiB), IsOk());
  age(cache, "old", 6 * kDay);
  ASSERT_THAT(cache.make_room(190 * kKiB), IsOk());
  EXPECT_FALSE(tests::exists(v1(in("partial", key("week")))));
  EXPECT_FALSE(has(cache, "old")) << "six days are more than one";
  EXPECT_TRUE(tests::exists(v1(in("partial", key("yesterday")))));
  EXPECT_TRUE(tests::exists(v1(in("partial", key("filling")))));
}

// Eviction judges as the next fill does.
TEST_F(CacheRoomTest, PartialsThatCannotBeResumedGoFirst) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const auto& [name, total] : {std::pair("good", 1000), std::pair("over", 3)}) {
    ASSERT_OK_AND_ASSIGN(const auto fill, cache.begin_fill(key(name), milliseconds(0)));
    ASSERT_THAT(sys::write_all(fill->file.get(), "half"), IsOk());
    ASSERT_THAT(cache.note_progress(*fill, received("half", {{"\"strong\"", ""}, total})), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto inventory, take_inventory(cache.directory(), [] {}));
  const auto order = eviction_order(cache.directory(), inventory, [] {});
  ASSERT_EQ(order.size(), 2U);
  EXPECT_EQ(order[0].name, key("over"));
  EXPECT_TRUE(order[0].worthless);
  EXPECT_FALSE(order[1].worthless);
}

TEST_F(CacheRoomTest, WhoIsKilledAtAnyMomentLeavesACacheThatWorks) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int n = 0;; ++n) (void)put(cache, cat("file", n % 20), 32 * kKiB).has_value();
    }
    ::usleep(static_cast<useconds_t>(500 + i * 137));
    end(child);
    ASSERT_OK_AND_ASSIGN(const auto names, cache.directory().names("uris"));
    for (const std::string& name : names) {
      const auto entry = cache.find(name);
      ASSERT_TRUE(entry) << "a torn entry";
      const auto object = cache.open_object(*entry);
      EXPECT_TRUE(!object || *verify_content(object->get(), entry->sha256));
    }
    ASSERT_THAT(put(cache, "after", 32 * kKiB), IsOk());
    ASSERT_LE(total(cache), (400 + 40) * kKiB) << "the limit, and what the dead one was filling";
  }
  ASSERT_THAT(cache.make_room(0), IsOk());
  EXPECT_LE(total(cache), 400 * kKiB);
}

TEST_F(CacheRoomTest, ADeadHoldersLockIsHadAtOnce) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const pid_t child = holder(cache, "a", [](const CacheFill&) { ::pause(); });
  std::thread killer([&] {
    ::usleep(200'000);
    end(child);
  });
  const auto start = steady_clock::now();
  EXPECT_TRUE(*cache.begin_fill(key("a"), milliseconds(10'000)));
  EXPECT_LT(steady_clock::now() - start, milliseconds(5'000));
  killer.join();
}

TEST_F(CacheRoomTest, AStoppedHolderIsGivenUpAfterThePatience) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const pid_t child = holder(cache, "a", [](const CacheFill&) { ::raise(SIGSTOP); });
  const auto start = steady_clock::now();
  EXPECT_FALSE(*cache.begin_fill(key("a"), milliseconds(300)));
  EXPECT_GE(steady_clock::now() - start, milliseconds(300));
  EXPECT_LT(steady_clock::now() - start, milliseconds(2'000));
  end(child);
}

TEST_F(CacheRoomTest, ASlowHolderThatLivesIsWaitedFor) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const auto live = [](const CacheFill& fill) {
    for (int i = 0; i < 15; ++i, ::usleep(200'000)) {
      if (i < 7) {
        Cache::beat(fill);
      } else {
        (void)sys::write_all(fill.file.get(), "x").has_value();  // growing is a sign too
      }
    }
  };
  const pid_t child = holder(cache, "a", live);
  EXPECT_TRUE(*cache.begin_fill(key("a"), milliseconds(1'200)));
  EXPECT_EQ(*sys::wait_for(child), 0);
}

TEST_F(CacheRoomTest, FiftyWaitersAreServedOneAfterTheOther) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  std::atomic<int> filling = 0;
  std::atomic<int> filled = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&] {
      auto fill = cache.begin_fill(key("a"), milliseconds(5'000));
      if (!fill || !*fill) return;
      EXPECT_EQ(++filling, 1);
      ++filled;
      --filling;
      cache.abandon(*std::move(*fill));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(filled, 50);
}

TEST_F(CacheRoomTest, AFullFileSystemIsAnErrorAndLeavesNothing) {
  const std::string small = dir_.make_directory("small", 0700);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m,mode=0700"), 0);
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(small, 100 * 1024 * kKiB, 64 * kKiB));
    EXPECT_THAT(put(cache, "a", 2048 * kKiB), FailsWith(HasSubstr("No space left")));
    EXPECT_THAT(put(cache, "b", 100 * kKiB), IsOk());
    const auto room = cache.make_room(2048 * kKiB);
    ASSERT_FALSE(room);
    EXPECT_TRUE(room.error().is(std::errc::no_space_on_device)) << room.error().message();
  }
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(small, kAutomaticSize));
    EXPECT_EQ(cache.largest(), 1024 * kKiB / 10 - 12 * kKiB);
  }
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
}

// Whatever is removed, what is free stays too little.
TEST_F(CacheRoomTest, WhatOthersFillDoesNotEmptyTheCache) {
  const std::string small = dir_.make_directory("small", 0700);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m,mode=0700"), 0);
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(small, 1024 * kKiB, 512 * kKiB));
    ASSERT_THAT(put(cache, "a", 100 * kKiB), IsOk());
    dir_.write("small/others", std::string(700 * kKiB, 'x'));
    const auto room = cache.make_room(10 * kKiB);
    ASSERT_FALSE(room);
    EXPECT_TRUE(room.error().is(std::errc::no_space_on_device)) << room.error().message();
    EXPECT_TRUE(has(cache, "a"));
    // The cache's own limit is kept all the same.
    ASSERT_OK_AND_ASSIGN(const Cache smaller, open_in(small, 50 * kKiB, 512 * kKiB));
    EXPECT_FALSE(smaller.make_room(10 * kKiB));
    EXPECT_FALSE(has(cache, "a"));
  }
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
}

TEST_F(CacheRoomTest, AFileSystemThatDoesNotSayItsSizeHasRoom) {
  const std::string place = dir_.make_directory("unlimited", 0700);
  ASSERT_EQ(::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=0,mode=0700"), 0);
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(place, kAutomaticSize, kAutomaticSize));
    ASSERT_THAT(put(cache, "a", 100 * kKiB), IsOk());
    ASSERT_THAT(put(cache, "b", 100 * kKiB), IsOk());
    EXPECT_TRUE(has(cache, "a"));
    ASSERT_OK_AND_ASSIGN(const Cache smaller, open_in(place, 300 * kKiB, 1024 * kKiB));
    age(smaller, "a", 300);
    ASSERT_THAT(put(smaller, "c", 100 * kKiB), IsOk());
    EXPECT_FALSE(has(smaller, "a"));
    EXPECT_TRUE(has(smaller, "b"));
  }
  EXPECT_EQ(::umount2(place.c_str(), MNT_DETACH), 0);
}

TEST_F(CacheRoomTest, AReadOnlyCacheServesAndCannotBeFilled) {
  const std::string place = dir_.make_directory("ro", 0700);
  ASSERT_EQ(::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=1m,mode=0700"), 0);
  {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open_in(place, 500 * kKiB));
    ASSERT_THAT(put(cache, "a", kKiB), IsOk());
    ASSERT_EQ(::mount(nullptr, place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    EXPECT_THAT(cache.open_object(*cache.find(key("a"))), IsOk());
    const auto fill = cache.begin_fill(key("b"), milliseconds(0));
    ASSERT_FALSE(fill);
    EXPECT_TRUE(fill.error().is(std::errc::read_only_file_system));
  }
  EXPECT_EQ(::umount2(place.c_str(), MNT_DETACH), 0);
}

TEST_F(CacheRoomTest, PlantedNamesAreNotFollowed) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const std::string victim = dir_.write("victim", "precious");
  ASSERT_EQ(::symlink(victim.c_str(), v1(in("partial", key("a"))).c_str()), 0);
  EXPECT_THAT(put(cache, "a", kKiB), IsOk()) << "the link is replaced";
  ASSERT_EQ(::symlink(victim.c_str(), v1(in("locks", key("b"))).c_str()), 0);
  EXPECT_FALSE(put(cache, "b", kKiB));
  ASSERT_EQ(::mkfifo(v1(in("locks", key("c"))).c_str(), 0600), 0);
  EXPECT_FALSE(put(cache, "c", kKiB));
  ASSERT_EQ(::mkdir(v1(in("partial", key("d"))).c_str(), 0700), 0);
  EXPECT_FALSE(put(cache, "d", kKiB));
  ASSERT_EQ(::unlink(v1("usage").c_str()), 0);
  ASSERT_EQ(::symlink(victim.c_str(), v1("usage").c_str()), 0);
  EXPECT_FALSE(put(cache, "e", kKiB));
  EXPECT_EQ(tests::read_file(victim), "precious");
}

TEST_F(CacheRoomTest, ACountThatWasThrownAwayIsKnownToItsMaker) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const auto usage, CacheUsage::lock(cache.directory()));
  ASSERT_TRUE(usage);
  EXPECT_TRUE(usage->is_present(cache.directory()));
  CacheUsage::forget(cache.directory());
  EXPECT_FALSE(usage->is_present(cache.directory()));
  ASSERT_THAT(put(cache, "a", kKiB), IsOk());
  ASSERT_TRUE(tests::exists(v1("usage"))) << "another one";
  EXPECT_FALSE(usage->is_present(cache.directory()));
}

// Others wait for what is being filled, and know nothing of the lock that its filler waits for.
TEST_F(CacheRoomTest, WhoWaitsForTheCountOrSweepsShowsLife) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open(400 * kKiB));
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(put(cache, name, 100 * kKiB), IsOk());
  int beats = 0;
  ASSERT_THAT(cache.make_room(200 * kKiB, [&] { ++beats; }), IsOk());
  EXPECT_GT(beats, 0);
  ASSERT_OK_AND_ASSIGN(const Fd usage, sys::open_at(AT_FDCWD, v1("usage"), O_RDWR));
  ASSERT_EQ(::flock(usage.get(), LOCK_EX), 0);
  beats = 0;
  ASSERT_THAT(cache.make_room(kKiB, [&] { ++beats; }), IsOk());
  EXPECT_GT(beats, 10);
}

TEST_F(CacheRoomTest, WhoSortsTheCacheShowsLife) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(put(cache, "a", kKiB), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto inventory, take_inventory(cache.directory(), [] {}));
  int beats = 0;
  EXPECT_EQ(eviction_order(cache.directory(), inventory, [&] { ++beats; }).size(), 1U);
  EXPECT_GT(beats, 0);
}

}  // namespace
}  // namespace slipway::fetcher
