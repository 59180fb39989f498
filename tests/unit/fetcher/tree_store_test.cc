// Unpacked archives in the cache: made, found, changed, copied.
#include "fetcher/cache/tree_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fetcher/base/digest.h"
#include "fetcher/cache/cache_catalog.h"
#include "fetcher/cache/tree_copy.h"
#include "fetcher/cache/tree_manifest.h"
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

TEST_F(TreeStoreTest, VerifyingRemovesNoTreeForWantOfDescriptors) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(make(TreeStore(cache), "a"), IsOk());
  const auto lowest = static_cast<rlim_t>(sys::duplicate(cache.directory().fd())->get());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::size_t unverified = 0;
  for (rlim_t more = 0; more < 10; ++more) {
    const rlimit little{lowest + more, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &little), 0);
    const auto found = verify_cache(cache);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    if (!found) continue;
    EXPECT_THAT(found->damaged, IsEmpty());
    unverified += found->unverified.size();
  }
  EXPECT_GT(unverified, 1U);
  EXPECT_THAT(trees(), SizeIs(1));
}

TEST_F(TreeStoreTest, VerifyingFindsATreeWithoutAManifest) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(make(TreeStore(cache), "a"), IsOk());
  ASSERT_EQ(::unlink((trees().front() + "/manifest").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const Verification found, verify_cache(cache));
  EXPECT_THAT(found.damaged, SizeIs(1));
  EXPECT_THAT(trees(), IsEmpty());
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
  const tests::TempDir elsewhere(0755, "/dev/shm");  // shares nothing with /tmp
  const Fd into = *sys::open_at(AT_FDCWD, elsewhere.path(), O_RDONLY | O_DIRECTORY);
  EXPECT_THAT(
      copy_tree(made, [](std::string_view) { return true; }, into.get(), Sharing::kRequired, {}),
      FailsWith(HasSubstr("cannot share its blocks")));
}

}  // namespace
}  // namespace slipway::fetcher
