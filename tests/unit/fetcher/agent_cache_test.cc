#include "fetcher/cache/agent_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::FailsWith;
using tests::IsOk;

class AgentCacheTest : public ::testing::Test {
 protected:
  AgentCacheTest() : cache_(open()) {}

  Fd open() {
    dir_.make_directory("cache", 0700);
    auto fd = sys::open_at(AT_FDCWD, dir_ / "cache", O_RDONLY | O_DIRECTORY);
    EXPECT_THAT(fd, IsOk());
    return fd ? *std::move(fd) : Fd();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(dir_ / "cache")) {
      names.push_back(each.path().filename());
    }
    return names;
  }

  tests::TempDir dir_;
  AgentCache cache_;
};

TEST_F(AgentCacheTest, AFileAppearsWholeWhenItIsPublished) {
  EXPECT_EQ(*cache_.find("c1-a"), std::nullopt);
  auto fill = cache_.begin_fill("c1-a");
  ASSERT_THAT(fill, IsOk());
  ASSERT_THAT(sys::write_all(fill->file(), std::string_view("content")), IsOk());
  EXPECT_EQ(*cache_.find("c1-a"), std::nullopt) << "not before";
  ASSERT_THAT(fill->publish(0644), IsOk());
  EXPECT_THAT(names(), ElementsAre("c1-a"));
  EXPECT_EQ(tests::read_file(dir_ / "cache/c1-a"), "content");
  EXPECT_EQ(tests::mode_of(dir_ / "cache/c1-a"), 0644U);
  const auto found = cache_.find("c1-a");
  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->has_value());
}

TEST_F(AgentCacheTest, WhatIsNotPublishedLeavesNothing) {
  {
    auto fill = cache_.begin_fill("c1-a");
    ASSERT_THAT(fill, IsOk());
    EXPECT_EQ(names().size(), 1U);
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AgentCacheTest, OneThreadFillsAFileAndTheOthersWait) {
  std::atomic<int> filling = 0;
  std::atomic<int> filled = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto fill = cache_.begin_fill("c1-a");
      ASSERT_THAT(fill, IsOk());
      EXPECT_EQ(++filling, 1) << "somebody else is at it";
      if (!*cache_.find("c1-a")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ++filled;
        EXPECT_THAT(fill->publish(0644), IsOk());
      }
      --filling;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(filled, 1);
}

TEST_F(AgentCacheTest, DifferentFilesAreFilledAtOnce) {
  auto one = cache_.begin_fill("c1-a");
  auto other = cache_.begin_fill("c2-b");
  ASSERT_THAT(one, IsOk());
  EXPECT_THAT(other, IsOk());
}

TEST_F(AgentCacheTest, WhatIsNoRegularFileIsAnErrorAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo((dir_ / "cache/c1-fifo").c_str(), 0600), 0);
  dir_.make_directory("cache/c2-directory");
  std::filesystem::create_symlink("/etc/passwd", dir_ / "cache/c3-link");
  for (const char* name : {"c1-fifo", "c2-directory", "c3-link"}) {
    EXPECT_FALSE(cache_.find(name).has_value()) << name;
  }
}

TEST_F(AgentCacheTest, OnlyOldUnfinishedFilesOfDeadProcessesAreSwept) {
  const std::string old = dir_.write("cache/.slipway.1.1", "x");
  const std::string locked = dir_.write("cache/.slipway.2.1", "x");
  dir_.write("cache/.slipway.3.1", "young");
  const std::string other = dir_.write("cache/c9-old", "x");
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(5);
  for (const std::string& path : {old, locked, other}) {
    std::filesystem::last_write_time(path, long_ago);
  }
  const auto holder = sys::open_at(AT_FDCWD, locked, O_RDONLY);
  ASSERT_THAT(holder, IsOk());
  ASSERT_TRUE(*sys::lock(holder->get(), sys::Lock::kExclusive));
  const AgentCache swept(open());
  auto left = names();
  std::ranges::sort(left);
  EXPECT_THAT(left, ElementsAre(".slipway.2.1", ".slipway.3.1", "c9-old"));
}

// The directory itself: as root, for another user.
class AgentCachePlace : public ::testing::Test {
 protected:
  AgentCachePlace() {
    nobody_.uid = 65534;
    nobody_.gid = 65534;
    nobody_.groups = {65534};
    ::chmod((dir_ / ".").c_str(), 0755);
  }
  [[nodiscard]] uid_t owner(const std::string& name) const {
    struct stat found {};
    EXPECT_EQ(::lstat((dir_ / name).c_str(), &found), 0);
    return found.st_uid;
  }
  void give_away(const std::string& name) {
    ASSERT_EQ(::lchown((dir_ / name).c_str(), 65534, 65534), 0);
  }

  tests::TempDir dir_;
  sandbox::User nobody_;
};

TEST_F(AgentCachePlace, IsMadeWithItsParentsForTheUserAlone) {
  EXPECT_THAT(make_agent_cache(dir_ / "a/b/nobody", nobody_), IsOk());
  EXPECT_EQ(owner("a"), 0U);
  EXPECT_EQ(owner("a/b"), 0U);
  EXPECT_EQ(tests::mode_of(dir_ / "a/b"), 0755U);
  EXPECT_EQ(owner("a/b/nobody"), 65534U);
  EXPECT_EQ(tests::mode_of(dir_ / "a/b/nobody"), 0700U);
  EXPECT_THAT(make_agent_cache(dir_ / "a/b/nobody", nobody_), IsOk()) << "once more";
}

TEST_F(AgentCachePlace, WhatMesosFetcherHasMadeIsClosed) {
  dir_.make_directory("nobody", 0755);
  give_away("nobody");
  dir_.write("nobody/c1-a", "x");
  EXPECT_THAT(make_agent_cache(dir_ / "nobody", nobody_), IsOk());
  EXPECT_EQ(tests::mode_of(dir_ / "nobody"), 0700U);
}

TEST_F(AgentCachePlace, NothingOfRootsIsGivenAwayUnlessItIsEmpty) {
  dir_.write("system/file", "x");
  EXPECT_THAT(make_agent_cache(dir_ / "system", nobody_), FailsWith(HasSubstr("not empty")));
  EXPECT_EQ(owner("system"), 0U);
}

TEST_F(AgentCachePlace, TheWayLeadsThroughNothingThatOthersCouldExchange) {
  dir_.make_directory("theirs");
  give_away("theirs");
  dir_.make_directory("target");
  std::filesystem::create_symlink(dir_ / "target", dir_ / "link");
  give_away("link");
  dir_.make_directory("open", 0777);
  ::chmod((dir_ / "open").c_str(), 0777);
  for (const char* way : {"theirs/nobody", "link/nobody", "open/nobody"}) {
    EXPECT_FALSE(make_agent_cache(dir_ / way, nobody_).has_value()) << way;
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "target"));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "theirs"));
}

TEST_F(AgentCachePlace, LinksOfRootsAreFollowed) {
  dir_.make_directory("target");
  std::filesystem::create_symlink(dir_ / "target", dir_ / "absolute");
  std::filesystem::create_symlink("target", dir_ / "relative");
  EXPECT_THAT(make_agent_cache(dir_ / "absolute/one", nobody_), IsOk());
  EXPECT_THAT(make_agent_cache(dir_ / "relative/two", nobody_), IsOk());
  EXPECT_EQ(owner("target/one"), 65534U);
  EXPECT_EQ(owner("target/two"), 65534U);
  dir_.make_directory("target/deep");
  std::filesystem::create_symlink("../../target/./", dir_ / "target/deep/up");
  EXPECT_THAT(make_agent_cache(dir_ / "target/deep/up/three", nobody_), IsOk());
  EXPECT_EQ(owner("target/three"), 65534U);
  std::filesystem::create_symlink(dir_ / "target/four", dir_ / "last");
  EXPECT_THAT(make_agent_cache(dir_ / "last", nobody_), IsOk());
  EXPECT_EQ(owner("target/four"), 65534U);
  std::filesystem::create_symlink("loop", dir_ / "loop");
  EXPECT_THAT(make_agent_cache(dir_ / "loop/x", nobody_), FailsWith(HasSubstr("too many links")));
}

TEST_F(AgentCachePlace, WithoutAUserInTheOrderItIsLeftAsItIs) {
  dir_.make_directory("cache", 0755);
  const auto root = sandbox::calling_user();
  ASSERT_THAT(root, IsOk());
  EXPECT_THAT(make_agent_cache(dir_ / "cache", *root), IsOk());
  EXPECT_EQ(tests::mode_of(dir_ / "cache"), 0755U) << "users have theirs below it";
  EXPECT_FALSE(make_agent_cache("/", *root).has_value());
  EXPECT_FALSE(make_agent_cache("relative", *root).has_value());
}

TEST_F(AgentCachePlace, AnotherUsersIsNotTaken) {
  dir_.make_directory("cache");
  ASSERT_EQ(::chown((dir_ / "cache").c_str(), 1234, 1234), 0);
  EXPECT_THAT(make_agent_cache(dir_ / "cache", nobody_), FailsWith(HasSubstr("uid 1234")));
}

}  // namespace
}  // namespace slipway::fetcher
