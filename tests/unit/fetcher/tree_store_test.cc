// Unpacked archives in the cache: made, found, changed, evicted.
#include "fetcher/cache/tree_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fetcher/base/digest.h"
#include "fetcher/cache/cache_catalog.h"
#include "fetcher/cache/tree_copy.h"
#include "fetcher/cache/tree_eviction.h"
#include "fetcher/cache/tree_inventory.h"
#include "fetcher/cache/tree_manifest.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::FailsWith;
using tests::IsOk;

class TreeStoreTest : public ::testing::Test {
 protected:
  TreeStoreTest() : dir_(0700) { dir_.make_directory("cache", 0700); }
  ~TreeStoreTest() override {
    // TempDir has no rights in what is closed.
    for (const auto& each : trees()) ::chmod(each.c_str(), 0700);
  }

  Result<Cache> open(const CacheLimits& limits = {std::uint64_t{1} << 30, 0}) {
    return Cache::open(TRY(sys::open_at(AT_FDCWD, dir_ / "cache", O_RDONLY | O_DIRECTORY)),
                       ::geteuid(), limits);
  }
  static std::string key(std::string_view name) { return sha256_hex(name); }

  // A tree as an extraction makes it, with everything that one may hold.
  static void fill(const TreeBuild& build, std::string_view content = "content") {
    const int at = build.directory.get();
    for (const char* name : {"tree", "tree/app", "tree/app/empty", "tree/lib"}) {
      ASSERT_THAT(sys::make_directory(at, name, 0755), IsOk());
    }
    write(at, "tree/top", "top");
    write(at, "tree/app/file", content);
    write(at, "tree/app/run", "#!/bin/sh\n", 0755);
    ASSERT_THAT(sys::link(at, "tree/app/file", at, "tree/lib/other name"), IsOk());
    ASSERT_THAT(sys::make_symlink("../app/file", at, "tree/lib/link\nwith a line"), IsOk());
    const Fd sparse = *sys::open_at(at, "tree/lib/sparse", O_WRONLY | O_CREAT, 0644);
    ASSERT_THAT(sys::truncate(sparse.get(), 8 << 20), IsOk());
    const timespec old{1'000'000'000, 500};
    ASSERT_THAT(sys::set_times_at(at, "tree/app/file", old, old), IsOk());
    ASSERT_THAT(sys::set_times_at(at, "tree/app", old, old), IsOk());
  }
  static void write(int at, const std::string& path, std::string_view text, mode_t mode = 0644) {
    const Fd file = *sys::open_at(at, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    ASSERT_THAT(sys::write_all(file.get(), text), IsOk());
  }
  static Result<CachedTree> make(const TreeStore& store, std::string_view name,
                                 std::string_view content = "content") {
    auto build = TRY(store.begin());
    fill(build, content);
    FileHashes hashes;
    return store.publish(std::move(build), key(name), {sha256_hex("archive"), hashes});
  }

  [[nodiscard]] std::vector<std::string> trees() const { return below("cache/v1/trees"); }
  [[nodiscard]] std::vector<std::string> below(std::string_view name) const {
    std::vector<std::string> out;
    if (!tests::exists(dir_ / name)) return out;
    for (const auto& each : std::filesystem::directory_iterator(dir_ / name)) {
      out.push_back(each.path());
    }
    return out;
  }
  [[nodiscard]] std::string tree(std::string_view name, std::string_view path = "") const {
    return dir_ / cat("cache/v1/trees/", key(name), "/tree/", path);
  }
  [[nodiscard]] std::string record(std::string_view name) const {
    return dir_ / cat("cache/v1/trees/", key(name), "/record");
  }
  static void be_of_another_boot(TreeRecord record, const std::string& path) {
    record.boot = "of another boot";
    std::ofstream(path, std::ios::trunc) << to_json(record);
  }
  // Writes through what protects it from accidents.
  void change(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  tests::TempDir dir_;
};

TEST_F(TreeStoreTest, WhatWasMadeIsFoundAgain) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  EXPECT_FALSE(store.find(key("a")));
  ASSERT_THAT(make(store, "a"), IsOk());
  const auto found = store.find(key("a"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record.entries, 9U);
  EXPECT_EQ(found->record.others, 1U);
  ASSERT_THAT(found->record.directories, SizeIs(2));
  EXPECT_EQ(found->record.directories[0].name, "app");
  EXPECT_EQ(found->record.archive_sha256, sha256_hex("archive"));
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, NobodyWandersInByAccident) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(make(TreeStore(cache), "a"), IsOk());
  EXPECT_EQ(tests::mode_of(trees().front()), 0100U);
  EXPECT_EQ(tests::mode_of(tree("a")), 0500U);
  // As they are seen in a sandbox.
  EXPECT_EQ(tests::mode_of(tree("a", "app/run")), 0755U);
  EXPECT_EQ(tests::mode_of(tree("a", "app/file")), 0644U);
}

TEST_F(TreeStoreTest, OfTwoWhoMakeOneTreeTheFirstOneCounts) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  ASSERT_OK_AND_ASSIGN(const CachedTree first, make(store, "a"));
  ASSERT_OK_AND_ASSIGN(const CachedTree second, make(store, "a"));
  EXPECT_EQ(first.record.root_identity, second.record.root_identity);
  EXPECT_THAT(trees(), SizeIs(1));
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

TEST_F(TreeStoreTest, ATreeWhoseDirectoriesWereChangedIsAMissAndGone) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  ASSERT_THAT(make(store, "a"), IsOk());
  std::ofstream(tree("a", "app/new")) << "new";
  EXPECT_FALSE(store.find(key("a")));
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(TreeStoreTest, ADamagedRecordIsAMissAndTheTreeGone) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  ASSERT_THAT(make(store, "a"), IsOk());
  change(record("a"), "{");
  EXPECT_FALSE(store.find(key("a")));
  EXPECT_THAT(trees(), IsEmpty());
}

// What a power cut has left is known by nothing but its content.
TEST_F(TreeStoreTest, OfAnotherBootATreeIsUsedOnlyWhenItIsSound) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  for (const char* name : {"sound", "torn"}) {
    ASSERT_OK_AND_ASSIGN(CachedTree made, make(store, name));
    made.record.boot = "of another boot";
    change(record(name), to_json(made.record));
  }
  change(tree("torn", "app/run"), "");
  EXPECT_FALSE(store.find(key("torn")));
  ASSERT_TRUE(store.find(key("sound")));
  EXPECT_THAT(trees(), SizeIs(1));
  EXPECT_EQ(tests::mode_of(trees().front()), 0100U);
  EXPECT_NE(store.find(key("sound"))->record.boot, "of another boot");
}

// What is recorded is what was compared, not what is read later.
TEST_F(TreeStoreTest, OfAnotherBootATreeIsReadOnce) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(store, "a"));
  be_of_another_boot(made.record, record("a"));
  const Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(watch.get(), tree("a", "app/run").c_str(), IN_OPEN | IN_CLOSE), 0);
  ASSERT_TRUE(store.find(key("a")));
  std::byte events[10 * sizeof(inotify_event)];
  ASSERT_OK_AND_ASSIGN(const std::size_t bytes, sys::read(watch.get(), events));
  EXPECT_EQ(bytes, 2 * sizeof(inotify_event)) << "opened and closed once";
}

// It says nothing about the tree, which the next launch can use.
TEST_F(TreeStoreTest, ALackOfDescriptorsRemovesNoTree) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  for (const char* name : {"a", "b"}) ASSERT_THAT(make(store, name), IsOk());
  const TreeRecord known = store.find(key("b"))->record;
  const auto lowest = static_cast<rlim_t>(sys::duplicate(cache.directory().fd())->get());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  int missed = 0;
  for (rlim_t more = 0; more < 10; ++more) {
    be_of_another_boot(known, record("b"));
    const rlimit little{lowest + more, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &little), 0);
    for (const char* name : {"a", "b"}) missed += store.find(key(name)) ? 0 : 1;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_THAT(trees(), SizeIs(2)) << more;
  }
  EXPECT_GT(missed, 4);
  for (const char* name : {"a", "b"}) EXPECT_TRUE(store.find(key(name))) << name;
}

TEST_F(TreeStoreTest, VerifyingFindsEveryChangedByteAndMode) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const TreeStore store(cache);
  for (const char* name : {"good", "byte", "mode", "gone"}) ASSERT_THAT(make(store, name), IsOk());
  change(tree("byte", "app/run"), "#!/bin/sH\n");
  ::chmod(tree("mode", "app/run").c_str(), 0700);
  ::unlink(tree("gone", "lib/other name").c_str());
  ASSERT_OK_AND_ASSIGN(const Verification found, verify_cache(cache));
  EXPECT_EQ(found.trees, 4U);
  EXPECT_THAT(found.damaged, SizeIs(3));
  for (const auto& each : found.damaged) EXPECT_TRUE(each.removed);
  EXPECT_THAT(trees(), ElementsAre(HasSubstr(key("good"))));
}

TEST_F(TreeStoreTest, ACopyIsTheTreeWithModesTimesLinksAndHoles) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), "a"));
  dir_.make_directory("copy");
  const Fd into = *sys::open_at(AT_FDCWD, dir_ / "copy", O_RDONLY | O_DIRECTORY);
  ASSERT_THAT(
      copy_tree(made, [](std::string_view) { return true; }, into.get(), Sharing::kNever, {}),
      IsOk());
  auto expected = tests::tree_picture(tests::snapshot(tree("a")));
  auto copied = tests::tree_picture(tests::snapshot(dir_ / "copy"));
  expected.erase("");
  copied.erase("");
  EXPECT_EQ(tests::differences(expected, copied), "");
  struct stat from {};
  struct stat to {};
  ASSERT_EQ(::stat(tree("a", "app/file").c_str(), &from), 0);
  ASSERT_EQ(::stat((dir_ / "copy/app/file").c_str(), &to), 0);
  EXPECT_EQ(from.st_mtim.tv_sec, to.st_mtim.tv_sec);
  EXPECT_EQ(from.st_mtim.tv_nsec, to.st_mtim.tv_nsec);
  EXPECT_NE(from.st_ino, to.st_ino);
  ASSERT_EQ(::stat((dir_ / "copy/lib/sparse").c_str(), &to), 0);
  EXPECT_LT(to.st_blocks * 512, 1 << 20);
}

TEST_F(TreeStoreTest, APartOfATreeIsCopiedWithItsFilesOnly) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), "a"));
  dir_.make_directory("copy");
  const Fd into = *sys::open_at(AT_FDCWD, dir_ / "copy", O_RDONLY | O_DIRECTORY);
  ASSERT_THAT(
      copy_tree(made, [](std::string_view) { return false; }, into.get(), Sharing::kNever, {}),
      IsOk());
  EXPECT_THAT(below("copy"), ElementsAre(dir_ / "copy/top"));
  ASSERT_THAT(copy_tree(made, [](std::string_view name) { return name == "lib"; }, into.get(),
                        Sharing::kNever, {}),
              IsOk());
  EXPECT_EQ(tests::read_file(dir_ / "copy/lib/other name"), "content");
  EXPECT_FALSE(tests::exists(dir_ / "copy/app"));
}

// Which is all that an overlay copies, without reading the rest of the manifest.
TEST_F(TreeStoreTest, FilesInTheRootAreNotCopiedByADamagedManifest) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), "a"));
  const std::string manifest = dir_ / cat("cache/v1/trees/", key("a"), "/manifest");
  std::string text = tests::read_file(manifest);
  ASSERT_THAT(text, StartsWith("f 644 "));
  text[2] = '7';
  ASSERT_EQ(::chmod(manifest.c_str(), 0600), 0);
  change(manifest, text);
  const Fd into = *sys::open_at(AT_FDCWD, dir_.make_directory("copy"), O_RDONLY | O_DIRECTORY);
  EXPECT_THAT(
      copy_tree(made, [](std::string_view) { return false; }, into.get(), Sharing::kNever, {}),
      FailsWith(HasSubstr("its manifest is damaged")));
  EXPECT_THAT(below("copy"), IsEmpty());
}

TEST_F(TreeStoreTest, AChangedFileIsNeverCopied) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), "a"));
  change(tree("a", "app/run"), "#!/bin/sH\n");
  dir_.make_directory("copy");
  const Fd into = *sys::open_at(AT_FDCWD, dir_ / "copy", O_RDONLY | O_DIRECTORY);
  EXPECT_THAT(
      copy_tree(made, [](std::string_view) { return true; }, into.get(), Sharing::kNever, {}),
      FailsWith(HasSubstr("'app/run': it was changed in the cache")));
}

TEST_F(TreeStoreTest, AFifoOrALinkInPlaceOfAFileIsRefused) {
  for (const bool link : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const Cache cache, open());
    ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), link ? "a" : "b"));
    const std::string path = tree(link ? "a" : "b", "app/run");
    ::unlink(path.c_str());
    ASSERT_EQ(link ? ::symlink("/etc/passwd", path.c_str()) : ::mkfifo(path.c_str(), 0644), 0);
    const std::string copy = dir_.make_directory(link ? "copy1" : "copy2");
    const Fd into = *sys::open_at(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY);
    EXPECT_FALSE(
        copy_tree(made, [](std::string_view) { return true; }, into.get(), Sharing::kNever, {}));
  }
}

TEST_F(TreeStoreTest, WhereBlocksCannotBeSharedRequiringItIsAnError) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CachedTree made, make(TreeStore(cache), "a"));
  // /proc shares nothing with anybody; /dev/shm nothing with /tmp.
  const tests::TempDir elsewhere;
  const std::string copy = "/dev/shm/slipway-tree-test";
  std::filesystem::remove_all(copy);
  ASSERT_EQ(::mkdir(copy.c_str(), 0755), 0);
  const Fd into = *sys::open_at(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY);
  EXPECT_THAT(
      copy_tree(made, [](std::string_view) { return true; }, into.get(), Sharing::kRequired, {}),
      FailsWith(HasSubstr("cannot share its blocks")));
  std::filesystem::remove_all(copy);
}

// --- room ------------------------------------------------------------------------------------

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
              FailsWith(HasSubstr("larger than the cache may be")));
  EXPECT_THAT(trees(), IsEmpty());
  EXPECT_THAT(below("cache/v1/unpacking"), IsEmpty());
}

// All names of a directory are in memory at once.
TEST_F(TreeStoreTest, ADirectoryWithVeryManyNamesIsNotTakenDown) {
  const std::string place = "/dev/shm/slipway-tree-test-names";  // quick to fill
  std::filesystem::remove_all(place);
  ASSERT_EQ(::mkdir(place.c_str(), 0700), 0);
  const Fd root = *sys::open_at(AT_FDCWD, place, O_RDONLY | O_DIRECTORY);
  for (std::size_t i = 0; i < kMostEntriesOfDirectory; ++i) {
    ASSERT_THAT(sys::make_symlink("x", root.get(), cat(i)), IsOk());
  }
  EXPECT_THAT(inspect_tree(root.get(), [] {}), IsOk());
  ASSERT_THAT(sys::make_symlink("x", root.get(), "one more"), IsOk());
  EXPECT_THAT(inspect_tree(root.get(), [] {}),
              FailsWith(HasSubstr("more than 100000 entries in one directory")));
  std::filesystem::remove_all(place);
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

// --- the rules -------------------------------------------------------------------------------

TEST(TreeKey, ChangesWithWhateverChangesTheTree) {
  const std::string key = tree_key("aa", ArchiveFormat::kTar, "a.tar", {});
  EXPECT_EQ(tree_key("aa", ArchiveFormat::kTar, "b.tar", {}), key);
  EXPECT_NE(tree_key("ab", ArchiveFormat::kTar, "a.tar", {}), key);
  EXPECT_NE(tree_key("aa", ArchiveFormat::kZip, "a.tar", {}), key);
  EXPECT_NE(tree_key("aa", ArchiveFormat::kGzip, "a.gz", {}),
            tree_key("aa", ArchiveFormat::kGzip, "b.gz", {}));
  ExtractLimits stricter;
  stricter.entries = 3;
  EXPECT_NE(tree_key("aa", ArchiveFormat::kTar, "a.tar", stricter), key);
}

TEST(TreeRecord, IsReadBackAndNothingElse) {
  const TreeRecord record{
      "boot", sha256_hex("archive"), sha256_hex("manifest"), 3, 4096, 1, sha256_hex("others"),
      "1:2",  {{"app", "3:4"}}};
  const std::string text = to_json(record);
  ASSERT_OK_AND_ASSIGN(const TreeRecord again, parse_tree_record(text));
  EXPECT_EQ(again, record);
  for (const char* name : {"..", ".", "", "a/b", "/"}) {
    TreeRecord bad = record;
    bad.directories[0].name = name;
    EXPECT_FALSE(parse_tree_record(to_json(bad))) << name;
  }
  EXPECT_FALSE(parse_tree_record(text.substr(0, text.size() / 2)));
}

TEST(Manifest, AnyPathIsReadBack) {
  const tests::TempDir dir;
  const std::string hash = sha256_hex("x");
  std::string text;
  const ManifestEntry file{
      ManifestEntry::Kind::kFile, 0644, 7, 2, 5, {-1, 999}, {8, 9}, hash, "a b\n\xff", ""};
  ManifestEntry link;
  link.kind = ManifestEntry::Kind::kSymlink;
  link.path = "l";
  link.target = " \n->";
  for (const auto& each : {file, link}) text += to_record(each);
  const std::string path = dir.write("manifest", text);
  const Fd fd = *sys::open_at(AT_FDCWD, path, O_RDONLY);
  ManifestReader reader(fd.get());
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(to_record(**first), to_record(file));
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->target, " \n->");
  EXPECT_FALSE(*reader.next());
}

TEST(Manifest, DamagedTextIsAnError) {
  const tests::TempDir dir;
  const std::string good =
      to_record({ManifestEntry::Kind::kFile, 0644, 7, 2, 5, {}, {}, sha256_hex("x"), "a", ""});
  for (const std::string& bad : {good.substr(0, good.size() - 1), std::string("x") + good,
                                 std::string("f 644"), std::string(1 << 20, 'f')}) {
    const std::string path = dir.write("manifest", bad);
    const Fd fd = *sys::open_at(AT_FDCWD, path, O_RDONLY);
    EXPECT_FALSE(ManifestReader(fd.get()).next()) << bad.substr(0, 80);
  }
}

}  // namespace
}  // namespace slipway::fetcher
