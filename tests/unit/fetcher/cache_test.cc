#include "fetcher/cache/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "fetcher/base/boot.h"
#include "fetcher/base/digest.h"
#include "fetcher/base/file_identity.h"
#include "fetcher/cache/cache_catalog.h"
#include "fetcher/cache/cache_key.h"
#include "fetcher/cache/cache_place.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

constexpr char kContent[] = "the content";

class CacheTest : public ::testing::Test {
 protected:
  CacheTest() : dir_(0700) {}

  Result<Cache> open() {
    return Cache::open(TRY(sys::open_at(AT_FDCWD, dir_.path(), O_RDONLY | O_DIRECTORY)),
                       ::geteuid());
  }

  // Fills `key_` as a fetch does.
  Result<CacheEntry> fill(const Cache& cache, std::string_view content = kContent) {
    auto fill = TRY(cache.begin_fill(key_, milliseconds(0)));
    if (!fill) return Error("locked");
    TRY(sys::write_all(fill->file.get(), content));
    CacheEntry entry{
        sha256_hex(content), content.size(), {"\"e\"", "yesterday"}, 1234, 0644, "http://h/x", {}};
    return TRY(cache.publish(*std::move(fill), std::move(entry))).first;
  }

  // The same, and then its blocks are read and shared.
  Result<CacheEntry> fill_and_note(const Cache& cache) {
    const CacheEntry entry = TRY(fill(cache));
    const Fd object = TRY(cache.open_object(entry));
    const std::string identity = identity_of(TRY(sys::stat_fd(object.get())));
    if (!TRY(cache.note_identity(key_, entry, identity))) return Error("not noted");
    return *cache.find(key_);
  }

  std::string v1(std::string_view name) { return dir_ / cat("v1/", name); }

  tests::TempDir dir_;
  std::string key_ = cache_key(*Uri::parse("http://h/x?secret"));
};

TEST_F(CacheTest, AnEntryIsFoundWithAllThatIsKnownOfIt) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  EXPECT_FALSE(cache.find(key_));
  ASSERT_OK_AND_ASSIGN(const CacheEntry filled, fill(cache));
  const auto found = cache.find(key_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sha256, filled.sha256);
  EXPECT_EQ(found->validators.etag, "\"e\"");
  EXPECT_EQ(found->fetched_at, 1234);
  EXPECT_EQ(found->mode, mode_t{0644});
  EXPECT_EQ(found->generation, filled.generation);
  ASSERT_OK_AND_ASSIGN(const Fd object, cache.open_object(*found));
  ASSERT_OK_AND_ASSIGN(const std::string text, sys::read_to_end(object.get(), 1000));
  EXPECT_EQ(text, kContent);
}

// Who made it was ended on the way.
TEST_F(CacheTest, ACacheThatIsHalfMadeIsEmpty) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  for (const char* each : {"uris", "objects", "partial"}) std::filesystem::remove_all(v1(each));
  ASSERT_OK_AND_ASSIGN(const auto items, list_cache(cache));
  EXPECT_TRUE(items.empty());
  EXPECT_THAT(verify_cache(cache), IsOk());
  EXPECT_THAT(prune_cache(cache), IsOk());
}

// The disk may not have taken it: nobody has read it there.
TEST_F(CacheTest, ContentThatWasOnlyWrittenHasNoIdentity) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry filled, fill(cache));
  EXPECT_TRUE(filled.identity.empty());
  EXPECT_TRUE(cache.find(key_)->identity.empty());
}

TEST_F(CacheTest, NotingAnIdentityLeavesWhatWasWrittenMeanwhile) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry filled, fill(cache));
  ASSERT_THAT(cache.touch(key_, filled, 9999), IsOk());
  ASSERT_OK_AND_ASSIGN(const bool noted, cache.note_identity(key_, filled, "1:2"));
  EXPECT_TRUE(noted);
  EXPECT_EQ(cache.find(key_)->fetched_at, 9999);
}

TEST_F(CacheTest, TheIdentityOfAContentOutlivesItsUse) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry filled, fill_and_note(cache));
  EXPECT_FALSE(filled.identity.empty());
  for (int i = 0; i < 2; ++i) {
    const auto found = cache.find(key_);
    ASSERT_OK_AND_ASSIGN(const Fd object, cache.open_object(*found));
    cache.mark_used(key_);
    EXPECT_TRUE(identity_unchanged(object.get(), found->identity));
  }
  ASSERT_THAT(cache.touch(key_, filled, 9999), IsOk());
  EXPECT_EQ(cache.find(key_)->identity, filled.identity);
}

TEST_F(CacheTest, ContentThatWasHashedInAnotherBootIsRecordedAnewWhenItIsVerified) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry filled, fill_and_note(cache));
  EXPECT_EQ(filled.boot, *boot_id());
  std::string text = tests::read_file(v1("uris/" + key_));
  const std::size_t at = text.find(filled.boot);
  ASSERT_NE(at, std::string::npos);
  dir_.write(cat("v1/uris/", key_), text.replace(at, filled.boot.size(), "another"), 0600);
  EXPECT_EQ(cache.find(key_)->boot, "another");
  ASSERT_THAT(cache.touch(key_, *cache.find(key_), 9999), IsOk());
  EXPECT_EQ(cache.find(key_)->boot, "another") << "who touches it has not read it";
  EXPECT_EQ(verify_cache(cache)->renewed, 1U);
  EXPECT_EQ(cache.find(key_)->boot, *boot_id());
}

TEST(FileIdentity, TellsTimesOfAnyCenturyApart) {
  struct stat early {};
  struct stat late {};
  // In nanoseconds of 64 bits these are the same.
  late.st_mtim.tv_sec = time_t{1} << 55;
  EXPECT_NE(identity_of(early), identity_of(late));
  early.st_mtim.tv_nsec = 12;
  late.st_mtim = {.tv_sec = 1, .tv_nsec = 2};
  EXPECT_NE(identity_of(early), identity_of(late));
}

TEST_F(CacheTest, WhatWasWrittenToReplacedOrGivenAnotherModeHasAnotherIdentity) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const auto is_unchanged = [&] {
    const auto entry = cache.find(key_);
    const auto object = cache.open_object(*entry);
    return object && identity_unchanged(object->get(), entry->identity);
  };
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill_and_note(cache));
  const std::string object = v1("objects/" + entry.sha256);
  ASSERT_TRUE(is_unchanged());
  // The same bytes, and the old time put back.
  const auto before = sys::stat_at(AT_FDCWD, object);
  ASSERT_EQ(::chmod(object.c_str(), 0600), 0);
  ASSERT_OK_AND_ASSIGN(const Fd file, sys::open_at(AT_FDCWD, object, O_WRONLY));
  ASSERT_THAT(sys::write_all(file.get(), kContent), IsOk());
  ASSERT_THAT(sys::set_times(file.get(), before->st_atim, before->st_mtim), IsOk());
  EXPECT_FALSE(is_unchanged());
  ASSERT_THAT(fill_and_note(cache), IsOk());
  EXPECT_TRUE(is_unchanged());
  ASSERT_EQ(::chmod(object.c_str(), 0440), 0);
  EXPECT_FALSE(is_unchanged());
  ASSERT_THAT(fill_and_note(cache), IsOk());
  std::filesystem::copy_file(object, object + ".copy");
  ASSERT_EQ(::rename((object + ".copy").c_str(), object.c_str()), 0);
  EXPECT_FALSE(is_unchanged());
}

TEST_F(CacheTest, AnEntryWithoutAnIdentityIsGoodButItsContentIsNotTakenUnread) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill_and_note(cache));
  std::string text = tests::read_file(v1("uris/" + key_));
  const std::string member = cat(R"(,"identity":")", entry.identity, '"');
  ASSERT_NE(text.find(member), std::string::npos);
  text.erase(text.find(member), member.size());
  dir_.write(cat("v1/uris/", key_), text, 0600);
  const auto found = cache.find(key_);
  ASSERT_TRUE(found);
  ASSERT_OK_AND_ASSIGN(const Fd object, cache.open_object(*found));
  EXPECT_FALSE(identity_unchanged(object.get(), found->identity));
}

TEST_F(CacheTest, VerifyingRecordsTheIdentityOfAContentThatIsRightAndIsNoUse) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill_and_note(cache));
  EXPECT_EQ(verify_cache(cache)->renewed, 0U);
  ASSERT_EQ(::chmod(v1("objects/" + entry.sha256).c_str(), 0440), 0);
  const timespec then{1'000'000'000, 0};
  ASSERT_THAT(sys::set_times_at(cache.directory().fd(), in("uris", key_), then, then), IsOk());
  EXPECT_EQ(verify_cache(cache)->renewed, 1U);
  EXPECT_EQ(verify_cache(cache)->renewed, 0U);
  const auto found = cache.find(key_);
  ASSERT_OK_AND_ASSIGN(const Fd object, cache.open_object(*found));
  EXPECT_TRUE(identity_unchanged(object.get(), found->identity));
  EXPECT_EQ(cache.directory().find_file(in("uris", key_))->st_mtim.tv_sec, then.tv_sec);
}

TEST_F(CacheTest, AnEntryThatIsAboutToBeReplacedIsNotRecordedAnew) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill_and_note(cache));
  ASSERT_EQ(::chmod(v1("objects/" + entry.sha256).c_str(), 0440), 0);
  {
    ASSERT_OK_AND_ASSIGN(const auto other, cache.begin_fill(key_, milliseconds(0)));
    ASSERT_TRUE(other);
    EXPECT_EQ(verify_cache(cache)->renewed, 0U);
  }
  EXPECT_EQ(verify_cache(cache)->renewed, 1U);
  ASSERT_THAT(fill(cache, "another"), IsOk());
  ASSERT_OK_AND_ASSIGN(const bool noted, cache.note_identity(key_, entry, "older"));
  EXPECT_FALSE(noted);
  EXPECT_NE(cache.find(key_)->identity, "older");
}

TEST_F(CacheTest, NoNameInTheCacheShowsTheUri) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(fill(cache), IsOk());
  EXPECT_EQ(key_.find("secret"), std::string::npos);
  EXPECT_EQ(tests::read_file(v1("uris/" + key_)).find("secret"), std::string::npos);
  std::size_t names = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(dir_.path())) {
    EXPECT_EQ(each.path().string().find("secret"), std::string::npos);
    ++names;
  }
  EXPECT_GT(names, 5U);
}

TEST_F(CacheTest, DifferentQueriesHaveDifferentKeys) {
  EXPECT_NE(cache_key(*Uri::parse("http://h/x?a=1")), cache_key(*Uri::parse("http://h/x?a=2")));
  EXPECT_NE(cache_key(*Uri::parse("http://h/x")), cache_key(*Uri::parse("http://H/x")));
  EXPECT_NE(cache_key(*Uri::parse("http://a:1@h/x")), cache_key(*Uri::parse("http://a:2@h/x")));
}

TEST_F(CacheTest, ANewGenerationWithEachFill) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry first, fill(cache));
  ASSERT_OK_AND_ASSIGN(const CacheEntry second, fill(cache, "another"));
  EXPECT_NE(first.generation, second.generation);
  EXPECT_EQ(cache.find(key_)->sha256, sha256_hex("another"));
}

TEST_F(CacheTest, TouchRecordsThatTheCopyIsCurrentUnlessItChanged) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry first, fill(cache));
  ASSERT_THAT(cache.touch(key_, first, 9999), IsOk());
  EXPECT_EQ(cache.find(key_)->fetched_at, 9999);
  ASSERT_OK_AND_ASSIGN(const CacheEntry second, fill(cache, "another"));
  ASSERT_THAT(cache.touch(key_, first, 77777), IsOk());
  EXPECT_EQ(cache.find(key_)->generation, second.generation);
  EXPECT_EQ(cache.find(key_)->fetched_at, 1234);
}

TEST_F(CacheTest, ADamagedEntryIsAMiss) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_THAT(fill(cache), IsOk());
  const std::string good = tests::read_file(v1("uris/" + key_));
  for (const std::string& bad : {std::string(), std::string("{}"), good.substr(0, good.size() / 2),
                                 std::string(100'000, ' '), good + "x"}) {
    dir_.write(cat("v1/uris/", key_), bad, 0600);
    EXPECT_FALSE(cache.find(key_)) << bad;
  }
  dir_.write(cat("v1/uris/", key_), good, 0600);
  EXPECT_TRUE(cache.find(key_));
}

TEST_F(CacheTest, PlantedLinksAndFifosAreMissesAndDoNotBlock) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill(cache));
  const std::string uri = v1("uris/" + key_);
  const std::string object = v1("objects/" + entry.sha256);
  const std::string elsewhere = dir_.write("elsewhere", tests::read_file(uri), 0600);
  ASSERT_EQ(::unlink(uri.c_str()), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), uri.c_str()), 0);
  EXPECT_FALSE(cache.find(key_));
  ASSERT_EQ(::unlink(uri.c_str()), 0);
  ASSERT_EQ(::mkfifo(uri.c_str(), 0600), 0);
  EXPECT_FALSE(cache.find(key_));
  ASSERT_EQ(::unlink(object.c_str()), 0);
  ASSERT_EQ(::mkfifo(object.c_str(), 0600), 0);
  EXPECT_THAT(cache.open_object(entry), FailsWith(HasSubstr("is not a file of uid")));
}

TEST_F(CacheTest, ContentOfAnotherSizeIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill(cache));
  ASSERT_EQ(::truncate(v1("objects/" + entry.sha256).c_str(), 3), 0);
  EXPECT_THAT(cache.open_object(entry), FailsWith(HasSubstr("has 3 bytes instead of 11")));
}

TEST_F(CacheTest, AFlippedByteIsNoticedWhileCopying) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill(cache));
  dir_.write("damaged", "the cOntent");
  dir_.write("copy", "");
  ASSERT_OK_AND_ASSIGN(const Fd damaged, sys::open_at(AT_FDCWD, dir_ / "damaged", O_RDONLY));
  ASSERT_OK_AND_ASSIGN(const Fd good, cache.open_object(entry));
  ASSERT_OK_AND_ASSIGN(const Fd copy, sys::open_at(AT_FDCWD, dir_ / "copy", O_WRONLY));
  EXPECT_FALSE(*copy_verified(damaged.get(), copy.get(), entry.sha256));
  EXPECT_FALSE(*verify_content(damaged.get(), entry.sha256));
  EXPECT_TRUE(*copy_verified(good.get(), copy.get(), entry.sha256));
  EXPECT_TRUE(*verify_content(good.get(), entry.sha256));
}

// What a disk does not give is as good as damaged: it is fetched anew.
TEST_F(CacheTest, WhatCannotBeReadIsNotTheContent) {
  const Fd broken = *sys::open_at(AT_FDCWD, "/proc/self/mem", O_RDONLY);  // EIO at its start
  const Fd to = *sys::open_at(AT_FDCWD, dir_ / "to", O_WRONLY | O_CREAT, 0600);
  const auto nothing = sha256_hex("");
  for (const auto& result :
       {copy_verified(broken.get(), to.get(), nothing), verify_content(broken.get(), nothing),
        copy_pinned(broken.get(), to.get(), std::nullopt)}) {
    ASSERT_THAT(result, IsOk());
    EXPECT_FALSE(*result);
  }
  const Fd good = *sys::open_at(AT_FDCWD, dir_.write("good", "x"), O_RDONLY);
  EXPECT_THAT(copy_verified(good.get(), good.get(), nothing), FailsWith(HasSubstr("write")));
}

TEST_F(CacheTest, ADirectoryThatIsNotTheUsersAloneIsRefused) {
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0750), 0);
  EXPECT_THAT(open(), FailsWith(HasSubstr("mode must be 0700")));
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0700), 0);
  ASSERT_OK_AND_ASSIGN(Fd root, sys::open_at(AT_FDCWD, dir_.path(), O_RDONLY | O_DIRECTORY));
  EXPECT_THAT(Cache::open(std::move(root), ::geteuid() + 1),
              FailsWith(HasSubstr("belongs to uid")));
}

TEST_F(CacheTest, APlantedLinkInPlaceOfItsOwnDirectoriesIsRefused) {
  const tests::TempDir other(0700);
  ASSERT_EQ(::symlink(other.path().c_str(), (dir_ / "v1").c_str()), 0);
  EXPECT_THAT(open(), FailsWith(HasSubstr("'v1'")));
  EXPECT_FALSE(tests::exists(other / "uris"));
}

TEST_F(CacheTest, OnlyOneFillsAKeyAndTheOthersGiveUpInTime) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(auto first, cache.begin_fill(key_, milliseconds(0)));
  ASSERT_TRUE(first);
  ASSERT_OK_AND_ASSIGN(const auto second, cache.begin_fill(key_, milliseconds(20)));
  EXPECT_FALSE(second);
  first.reset();
  ASSERT_OK_AND_ASSIGN(const auto third, cache.begin_fill(key_, milliseconds(0)));
  EXPECT_TRUE(third);
}

TEST_F(CacheTest, AFillThatWasKilledLeavesTheLockFreeAndNothingToBeServed) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  const pid_t child = ::fork();
  if (child == 0) {
    auto fill = cache.begin_fill(key_, milliseconds(0));
    if (fill && *fill) (void)sys::write_all((*fill)->file.get(), "half of the con").has_value();
    ::raise(SIGKILL);
  }
  ASSERT_TRUE(WIFSIGNALED(*sys::wait_for(child)));
  EXPECT_FALSE(cache.find(key_));
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill(cache));
  ASSERT_OK_AND_ASSIGN(const Fd object, cache.open_object(entry));
  EXPECT_TRUE(*verify_content(object.get(), sha256_hex(kContent)));
}

TEST_F(CacheTest, DiscardForgetsEntryAndContent) {
  ASSERT_OK_AND_ASSIGN(const Cache cache, open());
  ASSERT_OK_AND_ASSIGN(const CacheEntry entry, fill(cache));
  ASSERT_THAT(cache.discard(key_, entry), IsOk());
  EXPECT_FALSE(cache.find(key_));
  EXPECT_FALSE(tests::exists(v1("objects/" + entry.sha256)));
  EXPECT_THAT(cache.discard(key_, entry), IsOk());
}

TEST_F(CacheTest, BackupProgramsKnowItByItsTag) {
  ASSERT_THAT(open(), IsOk());
  EXPECT_THAT(tests::read_file(dir_ / "CACHEDIR.TAG"),
              ::testing::StartsWith("Signature: 8a477f597d28d172789f06886806bc55"));
}

TEST(CachePlace, LinksInTheTargetOfALinkAreNotTrustedForThat) {
  const tests::TempDir dir;
  dir.make_directory("real/cache", 0700);
  ASSERT_EQ(::symlink("real", (dir / "mid").c_str()), 0);
  ASSERT_EQ(::symlink("./mid/../mid/cache", (dir / "mine").c_str()), 0);
  ASSERT_EQ(::symlink("round", (dir / "round").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const sandbox::User user, sandbox::calling_user());
  const auto open = [&](const std::string& name) {
    return open_cache_place({*sandbox::AbsolutePath::parse(dir / name)}, user);
  };
  ASSERT_OK_AND_ASSIGN(const auto found, open("mine"));
  EXPECT_TRUE(found);
  EXPECT_THAT(open("round"), FailsWith(HasSubstr("too many links")));
  ASSERT_EQ(::lchown((dir / "mid").c_str(), 12345, 12345), 0);
  EXPECT_THAT(open("mid/cache"), FailsWith(HasSubstr("'mid' in its path is a link of uid 12345")));
  EXPECT_THAT(open("mine"), FailsWith(HasSubstr("'mid' in its path is a link of uid 12345")));
}

TEST(CachePlace, IsChosenByTheRules) {
  CacheSurroundings around;
  const auto choose = [&] {
    auto place = *choose_cache_place(around, 1000);
    return place ? place->path.str() : "none";
  };
  EXPECT_EQ(choose(), "none");
  around.shared_parent_exists = true;
  EXPECT_EQ(choose(), "/var/cache/slipway/users/1000");
  around.home = "/home/u";
  EXPECT_EQ(choose(), "/home/u/.cache/slipway");
  around.xdg_cache_home = "relative";
  EXPECT_EQ(choose(), "/home/u/.cache/slipway") << "the XDG specification ignores relative paths";
  around.xdg_cache_home = "/x";
  EXPECT_EQ(choose(), "/x/slipway");
  around.started_as_root = true;
  EXPECT_EQ(choose(), "/var/cache/slipway/users/1000");
  around.operator_dir = "/op";
  EXPECT_EQ(choose(), "/op");
  around.operator_dir = "/op/..";
  EXPECT_FALSE(choose_cache_place(around, 1000));
}

}  // namespace
}  // namespace slipway::fetcher
