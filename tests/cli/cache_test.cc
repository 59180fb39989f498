// The cache, through the built programs and real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CachedFetch : public Fetch {};
class CachedFetchAs : public FetchAs {};
INSTANTIATE_TEST_SUITE_P(All, CachedFetchAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_F(CachedFetch, C01LocalUncachedLeavesTheCacheEmpty) {
  EXPECT_EQ(run(shell_entry("./command",
                            uri(dir_.write("command", "#!/bin/sh\n"), R"("executable":true)")))
                .exit_code,
            0);
  EXPECT_EQ(cached_entries(), 0U);
}

TEST_F(CachedFetch, C02C03LocalCachedFilesAreServedAgainUntilTheyChange) {
  const std::string path = dir_.write("command", "#!/bin/sh\necho one\n");
  const std::string text = shell_entry("./command", uri(path, R"("executable":true,"cache":true)"));
  EXPECT_THAT(run_anew(text).err, HasSubstr(", local)"));
  const auto second = run_anew(text);
  EXPECT_THAT(second.err, HasSubstr(", cache)"));
  EXPECT_EQ(second.out, "one\n");
  EXPECT_EQ(cached_entries(), 1U);
  for (const auto& object : std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/objects")) {
    std::filesystem::remove(object);
  }
  EXPECT_EQ(run_anew(text).out, "one\n") << "C03: the content is gone";
  dir_.write("command", "#!/bin/sh\necho two\n");
  EXPECT_EQ(run_anew(text).out, "two\n");
  EXPECT_EQ(cached_entries(), 1U);
}

TEST_F(CachedFetch, C04C05CachedFilesMayHaveAnotherName) {
  const std::string path = dir_.write("command", "#!/bin/sh\n");
  run(shell_entry(
      "./my-command && subdir/my-command",
      cat(uri(path, R"("executable":true,"cache":true,"output_file":"my-command")"), ",",
          uri(path, R"("executable":true,"cache":true,"output_file":"subdir/my-command")"))));
  EXPECT_THAT(placed(), ElementsAre("my-command", "subdir/", "subdir/my-command"));
  EXPECT_EQ(cached_entries(), 1U) << "F02";
}

TEST_F(CachedFetch, C09AnImmutableCopyIsUsedWithoutARequest) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}).out, "data");
  EXPECT_EQ(nginx.requests().size(), 1U);
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}).out, "data");
  EXPECT_EQ(nginx.requests().size(), 1U);
}

TEST_F(CachedFetch, ACachedCopyIsRevalidatedByOneRequestWithoutBody) {
  Nginx nginx;
  nginx.write("x", "old data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).out, "old data");
  EXPECT_EQ(run_anew(text).out, "old data");
  EXPECT_EQ(nginx.count("GET /x "), 1U);
  EXPECT_EQ(nginx.requests().size(), 2U);
  nginx.write("x", "newer data");
  EXPECT_EQ(run_anew(text).out, "newer data");
  EXPECT_EQ(nginx.count("GET /x "), 2U);
  EXPECT_EQ(run_anew(text, {"--cache-policy=ttl=1h"}).out, "newer data");
  EXPECT_EQ(nginx.requests().size(), 4U) << "within its ttl nobody is asked";
  EXPECT_EQ(run_anew(text, {"--cache-policy=refresh"}).out, "newer data");
  EXPECT_EQ(nginx.count("GET /x "), 3U);
}

// The clock was ahead when it was fetched, and was set right since.
TEST_F(CachedFetch, ACopyFromTheFutureIsTooOldForEveryTtl) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).out, "data");
  for (const auto& entry : std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/uris")) {
    const std::string before = read_file(entry.path());
    const std::string after =
        std::regex_replace(before, std::regex(R"("fetched_at":\d+)"), R"("fetched_at":9999999999)");
    ASSERT_NE(before, after);
    std::ofstream(entry.path()) << after;
  }
  EXPECT_EQ(run_anew(text, {"--cache-policy=ttl=1m"}).out, "data");
  EXPECT_EQ(nginx.requests().size(), 2U) << "it is asked";
  EXPECT_EQ(run_anew(text, {"--cache-policy=ttl=1m"}).out, "data");
  EXPECT_EQ(nginx.requests().size(), 2U) << "and then its age is known";
}

TEST_F(CachedFetch, AServerThatIsDownLeavesTheStaleCopyWithAWarning) {
  std::string text;
  {
    Nginx nginx;
    nginx.write("x", "data");
    text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
    EXPECT_EQ(run_anew(text).out, "data");
  }
  const auto result = run_anew(text);
  EXPECT_EQ(result.out, "data") << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot ask whether the cached copy"));
  EXPECT_EQ(run_anew(text, {"--cache-policy=offline"}).out, "data");
  EXPECT_EQ(run_anew(text, {"--cache-policy=refresh"}).exit_code, 125);
}

TEST_F(CachedFetch, OfflineFetchesNothing) {
  Nginx nginx;
  nginx.write("x", "data");
  const auto result = run(shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)")), As::kRoot,
                          {"--cache-policy=offline"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("is not in the cache"));
  EXPECT_THAT(nginx.requests(), IsEmpty());
}

TEST_F(CachedFetch, ADamagedCopyIsFetchedAnew) {
  Nginx nginx;
  nginx.write("x", "the data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}).out, "the data");
  for (const auto& object : std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/objects")) {
    ASSERT_EQ(::chmod(object.path().c_str(), 0600), 0);
    std::ofstream(object.path()) << "the dAta";
  }
  const auto result = run_anew(text, {"--cache-policy=immutable"});
  EXPECT_EQ(result.out, "the data");
  EXPECT_THAT(result.err, HasSubstr("was damaged: fetching it anew"));
  EXPECT_EQ(nginx.count("GET /x "), 2U);
}

TEST_F(CachedFetch, C10ManyAtOnceShareOneDownload) {
  std::atomic<int> gets = 0;
  RawServer server([&](Exchange& exchange) {
    ++gets;
    exchange.wait(std::chrono::milliseconds(300));  // time for everybody to arrive
    exchange.respond("200 OK", "shared data", "ETag: \"1\"\r\n");
  });
  const std::string text = shell_entry("cat x", uri(server.uri("/x"), R"("cache":true)"));
  constexpr int kRuns = 12;
  std::vector<RunResult> results(kRuns);
  std::vector<std::thread> threads;
  for (int i = 0; i < kRuns; ++i) {
    make_sandbox(As::kRoot, 100 + i);
    threads.emplace_back([&, i] {
      results[static_cast<std::size_t>(i)] =
          slipway({"run", "-", "--sandbox", sandbox(100 + i), "--cache-dir", cache(As::kRoot),
                   "--cache-policy=immutable"},
                  As::kRoot, {}, text);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result.out, "shared data") << result.err;
  EXPECT_EQ(gets, 1);
}

TEST_F(CachedFetch, C11WhatIsCachedExtractedAndExecutableMixes) {
  Nginx nginx;
  std::filesystem::copy_file(make_archive("a.tar.gz"), nginx.docroot() + "/a.tar.gz");
  nginx.write("command", "#!/bin/sh\n");
  const std::string archive = nginx.http("/a.tar.gz");
  const std::string command = nginx.http("/command");
  run_anew(shell_entry("true", cat(uri(archive, R"("cache":true,"extract":false)"), ",",
                                   uri(command, R"("executable":true)"))));
  EXPECT_THAT(placed_now(), ElementsAre("a.tar.gz", "command"));
  EXPECT_EQ(mode_of(sandbox(sandbox_number_) + "/command"), mode_t{0755});
  run_anew(shell_entry("true", cat(uri(archive), ",", uri(command, R"("output_file":"plain")"))));
  EXPECT_THAT(placed_now(), ElementsAre("a.tar.gz", "command", "plain", "sub/", "sub/file"));
  EXPECT_EQ(mode_of(sandbox(sandbox_number_) + "/plain"), mode_t{0644});
  run_anew(shell_entry("true", uri(archive, R"("cache":true)")));
  EXPECT_THAT(placed_now(), ElementsAre("command", "sub/", "sub/file"));
  EXPECT_EQ(cached_entries(), 1U);
  EXPECT_EQ(nginx.count("GET /a.tar.gz "), 2U);
}

TEST_F(CachedFetch, AFailedDownloadIsNeverServedFromTheCache) {
  Nginx nginx;
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).exit_code, 125);
  EXPECT_EQ(cached_entries(), 0U);
  nginx.write("x", "data");
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}).out, "data");
}

TEST_F(CachedFetch, ACacheThatCannotBeWrittenIsAnErrorWhereTheOperatorNamedIt) {
  const std::string path = dir_.write("x", "data");
  const auto result = slipway({"run", "-", "--sandbox", sandbox(), "--cache-dir", path}, As::kRoot,
                              {}, shell_entry("cat x", uri(path, R"("cache":true)")));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr(cat("the cache '", path, "'")), HasSubstr("Not a directory")));
}

TEST_F(CachedFetch, ACacheOpenToOthersIsAnErrorWhereTheOperatorNamedItElseNotUsed) {
  const std::string path = dir_.write("x", "data");
  const std::string text = shell_entry("cat x", uri(path, R"("cache":true)"));
  ASSERT_EQ(::chmod(cache(As::kOrdinaryUser).c_str(), 0777), 0);
  const auto named = run(text, As::kOrdinaryUser);
  EXPECT_EQ(named.exit_code, 125);
  EXPECT_THAT(named.err, AllOf(HasSubstr(cache(As::kOrdinaryUser)), HasSubstr("must be 0700")));
  const std::string home = dir_.make_directory("home", 0777);
  dir_.make_directory("home/slipway", 0777);
  const auto by_rule = slipway({"run", "-", "--sandbox", sandbox()}, As::kOrdinaryUser,
                               {"XDG_CACHE_HOME=" + home}, text);
  EXPECT_EQ(by_rule.out, "data") << by_rule.err;
  EXPECT_THAT(by_rule.err, AllOf(HasSubstr("going on without a cache"), HasSubstr(home)));
}

TEST_F(CachedFetch, ALinkPlantedAmongTheSharedCachesIsNotFollowed) {
  make_sandbox(As::kRootForUser);
  const std::string path = dir_.write("x", "data");
  const std::string text = shell_entry("cat x", uri(path, R"("cache":true)"));
  const std::vector<std::string> words{"run", "-", "--sandbox", sandbox()};
  ASSERT_EQ(slipway(words, As::kRootForUser, {}, text).out, "data");  // makes the parent
  const std::string own = cat("/var/cache/slipway/users/", kNobody);
  const std::string aside = cat(own, ".aside-", ::getpid());
  const std::string victim = dir_.make_directory("victim", 0700);
  ASSERT_EQ(::chown(victim.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::rename(own.c_str(), aside.c_str()), 0);
  ASSERT_EQ(::symlink(victim.c_str(), own.c_str()), 0);
  const auto result = slipway(words, As::kRootForUser, {}, text);
  ASSERT_EQ(::unlink(own.c_str()), 0);
  ASSERT_EQ(::rename(aside.c_str(), own.c_str()), 0);
  EXPECT_EQ(result.out, "data") << result.err;
  EXPECT_THAT(result.err, HasSubstr("going on without a cache"));
  EXPECT_TRUE(std::filesystem::is_empty(victim));
}

TEST_F(CachedFetch, ADamagedCopyInACacheThatCannotBeMendedIsFetchedDirectly) {
  Nginx nginx;
  nginx.write("x", "the data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text, {}, As::kOrdinaryUser).out, "the data");
  const std::string v1 = cache(As::kOrdinaryUser) + "/v1/";
  for (const auto& object : std::filesystem::directory_iterator(v1 + "objects")) {
    std::ofstream(object.path()) << "the dAta";
  }
  ASSERT_EQ(::chmod((v1 + "objects").c_str(), 0500), 0);
  ASSERT_EQ(::chmod((v1 + "uris").c_str(), 0500), 0);
  const auto result = run_anew(text, {"--cache-policy=immutable"}, As::kOrdinaryUser);
  EXPECT_EQ(result.out, "the data") << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("was damaged"), Not(HasSubstr("Bad file descriptor"))));
}

TEST_F(CachedFetch, ADamagedCopyIsNotFetchedAnewOffline) {
  Nginx nginx;
  nginx.write("x", "the data");
  const std::string text = shell_entry("cat x", uri(nginx.http("/x"), R"("cache":true)"));
  EXPECT_EQ(run_anew(text).out, "the data");
  for (const auto& object : std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/objects")) {
    ASSERT_EQ(::chmod(object.path().c_str(), 0600), 0);
    std::ofstream(object.path()) << "the dAta";
  }
  const auto result = run_anew(text, {"--cache-policy=offline"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("offline forbids to fetch it"));
  EXPECT_EQ(nginx.requests().size(), 1U);
}

TEST_F(CachedFetch, AFillThatFailsLeavesNothingInTheCache) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
  });
  EXPECT_EQ(run(shell_entry("true", uri(server.uri("/x"), R"("cache":true)"))).exit_code, 125);
  EXPECT_TRUE(std::filesystem::is_empty(cache(As::kRoot) + "/v1/partial"));
  EXPECT_TRUE(std::filesystem::is_empty(cache(As::kRoot) + "/v1/objects"));
}

TEST_P(CachedFetchAs, TheCacheIsFoundByTheRules) {
  Nginx nginx;
  nginx.write("x", "data");
  const std::string home = dir_.make_directory("home", 0777);
  make_sandbox(GetParam());
  const std::string text = shell_entry("cat x", uri(nginx.http(cat("/x?", name_of(GetParam()))),
                                                    R"("cache":true,"output_file":"x")"));
  for (int i = 0; i < 2; ++i) {
    const auto result = slipway({"run", "-", "--sandbox", sandbox(), "--cache-policy=immutable"},
                                GetParam(), {"HOME=" + home}, text);
    EXPECT_EQ(result.out, "data") << result.err;
  }
  EXPECT_EQ(nginx.requests().size(), 1U);
  EXPECT_EQ(exists(home + "/.cache/slipway/v1"), GetParam() == As::kOrdinaryUser);
}

// Where it is not kept from doing harm by fs.protected_symlinks.
TEST_P(CachedFetchAs, ALinkOnTheWayToTheCacheMustBeRootsOrTheUsersOwn) {
  const std::string home = dir_.make_directory("home", 0700);
  const uid_t user = GetParam() == As::kRoot ? 0 : kNobody;
  ASSERT_EQ(::chown(home.c_str(), user, user), 0);
  const std::string link = dir_ / "link";
  ASSERT_EQ(::symlink(home.c_str(), link.c_str()), 0);
  const std::string entry = dir_.write(
      "entry", shell_entry("cat file", uri(dir_.write("file", "data"), R"("cache":true)")));
  for (const std::string& named : {link, link + "/below"}) {
    for (const uid_t owner : {uid_t{1}, user, uid_t{0}}) {
      ASSERT_EQ(::lchown(link.c_str(), owner, owner), 0);
      make_sandbox(GetParam(), ++sandbox_number_);
      const auto result = slipway(
          {"run", entry, "--sandbox", sandbox(sandbox_number_), "--cache-dir", named}, GetParam());
      EXPECT_EQ(result.exit_code, owner == 1 ? 125 : 0) << named << owner << result.err;
      EXPECT_EQ(exists(named + "/v1"), owner != 1) << named << owner;
      if (owner == 1) {
        EXPECT_THAT(result.err, HasSubstr("'link' in its path is a link of uid 1"));
      }
    }
  }
}

}  // namespace
}  // namespace slipway::tests
