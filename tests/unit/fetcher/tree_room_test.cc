// The room that unpacked archives take in the cache: eviction, leases, what the dead have left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fetcher/archive/extract_budget.h"
#include "fetcher/cache/cache_catalog.h"
#include "fetcher/cache/tree_eviction.h"
#include "fetcher/cache/tree_inventory.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tree_snapshot.h"
#include "tests/unit/fetcher/tree_store_fixture.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::FailsWith;
using tests::IsOk;

TEST_F(TreeStoreTest, TreesCountAndGoLikeFilesWhatWasNotUsedForLongestFirst) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open({3 << 20, 0}));
  const TreeStore store(cache);
  const std::string megabyte(1 << 20, 'x');
  for (const char* name : {"a", "b"}) ASSERT_THAT(make(store, name, megabyte), IsOk());
  const timespec then{::time(nullptr) - 100, 0};
  ASSERT_THAT(
      sys::set_times_at(AT_FDCWD, dir_ / cat("cache/v1/trees/", key("b"), "/manifest"), then, then),
      IsOk());
  ASSERT_OK_AND_ASSIGN(const CacheTotals totals, measure_cache(cache));
  EXPECT_EQ(totals.trees, 2U);
  EXPECT_GT(totals.tree_bytes, std::uint64_t{2} << 20);
  EXPECT_EQ(totals.stored_bytes, totals.tree_bytes);
  ASSERT_THAT(make(store, "c", megabyte), IsOk());
  EXPECT_FALSE(store.find(key("b")));
  EXPECT_TRUE(store.find(key("a")));
  EXPECT_TRUE(store.find(key("c")));
}

TEST_F(TreeStoreTest, ATreeLargerThanTheCacheIsNotKept) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open({512 << 10, 0}));
  EXPECT_THAT(make(TreeStore(cache), "a", std::string(1 << 20, 'x')),
              FailsWith(HasSubstr("larger than what the cache can hold")));
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

// All names of a directory are in memory at once.
TEST_F(TreeStoreTest, ADirectoryWithVeryManyNamesIsNotTakenDown) {
  const tests::TempDir place(0700, "/dev/shm");  // quick to fill
  const Fd root = *sys::open_at(AT_FDCWD, place.path(), O_RDONLY | O_DIRECTORY);
  for (std::size_t i = 0; i < kMostEntriesOfDirectory; ++i) {
    ASSERT_THAT(sys::make_symlink("x", root.get(), cat(i)), IsOk());
  }
  EXPECT_THAT(inspect_tree(root.get(), [] {}), IsOk());
  ASSERT_THAT(sys::make_symlink("x", root.get(), "one more"), IsOk());
  EXPECT_THAT(inspect_tree(root.get(), [] {}),
              FailsWith(HasSubstr("more than 100000 entries in one directory")));
}

// Where a task has it mounted, say, and something has touched it.
TEST_F(TreeStoreTest, ADamagedTreeThatIsInUseMakesWayForANewOne) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  ASSERT_OK_AND_ASSIGN(CachedTree held, make(store, "a"));
  std::ofstream(tree("a", "app/new")) << "new";
  EXPECT_FALSE(store.find(key("a")));
  EXPECT_THAT(trees(), SizeIs(1));
  ASSERT_THAT(make(store, "a"), IsOk());
  EXPECT_TRUE(store.find(key("a")));
  EXPECT_THAT(trees(), SizeIs(2));
  ASSERT_THAT(clear_cache(cache), IsOk());
  EXPECT_THAT(trees(), ElementsAre(HasSubstr(key("a") + ".")));
  EXPECT_TRUE(sys::stat_at(held.root.get(), "app/new"));
  held = {};
  ASSERT_THAT(prune_cache(cache), IsOk());
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(TreeStoreTest, WhatWasCountedAsNothingIsSubtractedAsNothing) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(sys::make_directory(cache.directory().fd(), cat("trees/", key("a")), 0700), IsOk());
  ASSERT_OK_AND_ASSIGN(const Swept swept, clear_cache(cache));
  EXPECT_EQ(swept.items, 1U);
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(tests::read_file(dir_ / "cache/v1/usage"), StartsWith(std::string(20, '0') + " "));
}

TEST_F(TreeStoreTest, WhereWhatIsInUseLeavesNoRoomATreeIsNotKept) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open({3 << 19, 0}));
  const TreeStore store(cache);
  const std::string megabyte(1 << 20, 'x');
  ASSERT_OK_AND_ASSIGN(const CachedTree held, make(store, "a", megabyte));
  EXPECT_THAT(make(store, "b", megabyte), FailsWith(HasSubstr("what is in use leaves too little")));
  EXPECT_THAT(trees(), SizeIs(1));
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, WhoMakesATreeRemovesWhatTheDeadHaveLeft) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  const std::string left = store.begin()->name;  // given up without a word
  ASSERT_OK_AND_ASSIGN(const TreeBuild other, store.begin());
  EXPECT_THAT(below("cache/v1/unpacking"), ElementsAre(HasSubstr(other.name)));
}

TEST_F(TreeStoreTest, WhoHoldsALeaseKeepsTheTree) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(CachedTree made, make(TreeStore(cache), "a"));
  EXPECT_THAT(trees_in_use(cache.directory(), {key("a")}), SizeIs(1));
  ASSERT_THAT(clear_cache(cache), IsOk());
  EXPECT_THAT(trees(), SizeIs(1));
  made = {};
  EXPECT_THAT(trees_in_use(cache.directory(), {key("a")}), IsEmpty());
  ASSERT_THAT(clear_cache(cache), IsOk());
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(TreeStoreTest, WhoDiedBlocksNothing) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const auto [from, to] = *sys::make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = make(TreeStore(cache), "a");
    const auto begun = TreeStore(cache).begin();
    (void)sys::write_all(to.get(), held && begun ? "x" : "-").has_value();
    ::pause();
    ::_exit(0);
  }
  std::byte byte[1];
  ASSERT_THAT(sys::read(from.get(), byte), IsOk());
  ASSERT_EQ(static_cast<char>(byte[0]), 'x');
  ASSERT_THAT(clear_cache(cache), IsOk());
  EXPECT_THAT(trees(), SizeIs(1));
  EXPECT_THAT(below("cache/v1/unpacking"), SizeIs(1));
  ::kill(child, SIGKILL);
  ASSERT_THAT(sys::wait_for(child), IsOk());
  ASSERT_THAT(clear_cache(cache), IsOk());
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, WhatAnEvictionThatWasKilledHasLeftIsSweptAway) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(make(TreeStore(cache), "a"), IsOk());
  const std::string from = trees().front();
  ::chmod(from.c_str(), 0700);
  ASSERT_EQ(::rename(from.c_str(), (dir_ / cat("cache/v1/unpacking/", key("a"), ".gone")).c_str()),
            0);
  EXPECT_FALSE(TreeStore(cache).find(key("a")));
  ASSERT_THAT(prune_cache(cache), IsOk());
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

// Its manifest may be deleted already, and with it the lock that tells of who is at work.
TEST_F(TreeStoreTest, WhatAnEvictionThatWasKilledHasHalfDeletedIsSweptAwayAtOnce) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(make(TreeStore(cache), "a"), IsOk());
  const std::string from = trees().front();
  const std::string to = dir_ / cat("cache/v1/unpacking/", key("a"), ".1.2.3.gone");
  ::chmod(from.c_str(), 0700);
  ASSERT_EQ(::rename(from.c_str(), to.c_str()), 0);
  ASSERT_EQ(::unlink((to + "/manifest").c_str()), 0);
  ASSERT_THAT(prune_cache(cache), IsOk());
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, ManyTreesAreEvictedInBatches) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  for (int i = 0; i < 40; ++i) ASSERT_THAT(make(store, cat(i)), IsOk());
  const auto held = store.find(key("17"));
  ASSERT_TRUE(held);
  ASSERT_OK_AND_ASSIGN(const Swept swept, clear_cache(cache));
  EXPECT_EQ(swept.items, 39U);
  EXPECT_THAT(trees(), ElementsAre(HasSubstr(key("17"))));
}

TEST_F(TreeStoreTest, WhoSweepsShowsLife) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  (void)TreeStore(cache).begin()->name;  // given up without a word
  int beats = 0;
  sweep_unpacking(cache.directory(), [&] { ++beats; });
  EXPECT_GT(beats, 1);
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, UnpackingIntoTheCacheMayTakeNoMoreThanTheCache) {
  constexpr std::uint64_t kMegabyte = 1 << 20;
  ASSERT_OK_AND_ASSIGN(const Cache cache, open({kMegabyte, 0}));
  const TreeStore store(cache);
  Budget budget(store.limits_of_build({}), cache.directory().fd());
  constexpr std::uint64_t kOwn = 8192;  // the cache's own two files
  EXPECT_THAT(budget.add_bytes(kMegabyte - kOwn), IsOk());
  const auto more = budget.add_bytes(1);
  ASSERT_THAT(more, FailsWith(HasSubstr("larger together than what the cache can hold (1040384)")));
  EXPECT_TRUE(more.error().is(std::errc::file_too_large));
  // What is small takes a block all the same.
  Budget many(store.limits_of_build({}), cache.directory().fd());
  Result<void> entry;
  for (int i = 0; i < 255 && entry; ++i) entry = many.add_entry();
  for (int i = 0; i < 2 && entry; ++i) entry = many.add_bytes(4096);
  EXPECT_THAT(entry, FailsWith(HasSubstr("larger together than what the cache can hold")));
  ExtractLimits strict;
  strict.bytes = 1000;
  Budget smaller(store.limits_of_build(strict), cache.directory().fd());
  EXPECT_THAT(smaller.add_bytes(1001), FailsWith(HasSubstr("'max_bytes' of 1000")));
}

TEST_F(TreeStoreTest, UnpackingIntoTheCacheLeavesTheCachesReserve) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open({1 << 20, std::uint64_t{1} << 60}));
  const Budget budget(TreeStore(cache).limits_of_build({}), cache.directory().fd());
  const auto left = budget.check_free_space();
  ASSERT_THAT(left, FailsWith(HasSubstr("on the cache's file system")));
  EXPECT_THAT(left.error().remedy(), HasSubstr("[cache]"));
}

}  // namespace
}  // namespace slipway::fetcher
