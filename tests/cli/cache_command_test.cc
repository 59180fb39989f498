// `slipway cache`, on caches that runs have filled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"
#include "tests/cli/held_call.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CacheCommand : public Fetch {
 protected:
  // Runs something with one cached local file of that content.
  std::string fill(const std::string& name, const std::string& content, As as = As::kRoot) {
    std::string path = dir_.write(name, content);
    const auto result = run_anew(shell_entry("true", uri(path, R"("cache":true)")), {}, as);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return path;
  }
  RunResult cache_command(const std::string& action, std::vector<std::string> words = {},
                          As as = As::kRoot) {
    words.insert(words.begin(), {"cache", action, "--cache-dir", cache(as)});
    return slipway(words, as);
  }
  nlohmann::json json_of(const std::string& action) {
    return nlohmann::json::parse(cache_command(action, {"--format=json"}).out, nullptr, false);
  }
  std::string settings(std::string_view text) { return dir_.write("slipway.toml", text); }
};

// What it parses is the user's work.
TEST_F(CacheCommand, AUsersCacheIsLookedAfterByAProcessThatIsThatUserForGood) {
  fill("a", "content", As::kRootForUser);
  HeldCall held(dir_, "flock");
  RunningProgram program(held.command(
      command({"cache", "prune", "--cache-dir", cache(As::kRootForUser)}, As::kRootForUser)));
  const pid_t pid = held.is_reached();
  ASSERT_GT(pid, 0);
  const std::string status = read_file(cat("/proc/", pid, "/status"));
  EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000\n"));
  EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000000000\n"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_EQ(program.wait(), 0) << program.err();
}

TEST_F(CacheCommand, LsNamesEveryEntryWithSizeAndUse) {
  const std::string path = fill("a", "content");
  const auto text = cache_command("ls");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("7 B"), HasSubstr(path), Not(HasSubstr("in use"))));
  const auto json = json_of("ls");
  ASSERT_EQ(json["entries"].size(), 1U) << json;
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["entries"][0]["uri"], path);
  EXPECT_EQ(json["entries"][0]["bytes"], 7);
  EXPECT_EQ(json["entries"][0]["has_content"], true);
  EXPECT_EQ(json["entries"][0]["in_use"], false);
}

TEST_F(CacheCommand, DuTellsWhatItTakesAndMay) {
  fill("a", std::string(100'000, 'x'));
  const auto json = json_of("du");
  EXPECT_GE(json["total_bytes"], 100'000) << json;
  EXPECT_EQ(json["partial_bytes"], 0);
  EXPECT_EQ(json["objects"], 1);
  const auto limited =
      cache_command("du", {"--settings", settings("[cache]\nmax_size = \"5MiB\"\n")});
  EXPECT_THAT(limited.out, HasSubstr("limit       5.0 MiB")) << limited.err;
}

TEST_F(CacheCommand, VerifyNamesAndRemovesWhatIsDamaged) {
  const std::string good = fill("good", "good content");
  EXPECT_EQ(cache_command("verify").exit_code, 0);
  const auto before = std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/objects");
  const std::string good_object = before->path();
  const std::string bad = fill("bad", "bad content");
  for (const auto& object : std::filesystem::directory_iterator(cache(As::kRoot) + "/v1/objects")) {
    if (object.path() == good_object) continue;
    ASSERT_EQ(::chmod(object.path().c_str(), 0600), 0);
    std::ofstream(object.path()) << "bAd content";
  }
  const auto result = cache_command("verify");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("damaged (removed): " + bad), Not(HasSubstr(good)),
                                HasSubstr("2 objects"), HasSubstr("1 damaged")));
  EXPECT_EQ(cache_command("verify").exit_code, 0);
  EXPECT_EQ(cached_entries(), 1U);
}

TEST_F(CacheCommand, PruneBringsItBelowTheLimitAndSweeps) {
  fill("old", std::string(300'000, 'o'));
  const std::string recent = fill("recent", std::string(300'000, 'r'));
  const std::string v1 = cache(As::kRoot) + "/v1/";
  std::ofstream(v1 + "partial/junk") << "junk";
  std::ofstream(v1 + "objects/" + std::string(64, 'a')) << "nobody names it";
  const auto result =
      cache_command("prune", {"--settings", settings("[cache]\nmax_size = \"500KiB\"\n")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(cache_command("ls").out, AllOf(HasSubstr(recent), Not(HasSubstr("/old"))));
  EXPECT_TRUE(std::filesystem::is_empty(v1 + "partial"));
  EXPECT_TRUE(std::filesystem::is_empty(v1 + "locks"));
  EXPECT_FALSE(exists(v1 + "objects/" + std::string(64, 'a')));
}

// Of a prefetch that was killed.
TEST_F(CacheCommand, PruneAndClearRemoveWhatPrefetchesHaveLeft) {
  fill("a", "content");
  const std::string root = cache(As::kRoot);
  for (const char* action : {"prune", "clear"}) {
    for (const char* name : {"stage.1.left", "stage.1.held", "stage.1.fresh"}) {
      std::filesystem::create_directories(cat(root, '/', name, "/deep"));
      std::ofstream(cat(root, '/', name, "/deep/f")) << "half";
      const timespec then{name == std::string_view("stage.1.fresh") ? ::time(nullptr) : 1, 0};
      ASSERT_TRUE(sys::set_times_at(AT_FDCWD, cat(root, '/', name), then, then));
    }
    const Fd held = *sys::open_at(AT_FDCWD, root + "/stage.1.held", O_RDONLY | O_DIRECTORY);
    ASSERT_TRUE(*sys::lock(held.get(), sys::Lock::kShared));
    EXPECT_EQ(cache_command(action).exit_code, 0);
    EXPECT_FALSE(exists(root + "/stage.1.left")) << action;
    EXPECT_TRUE(exists(root + "/stage.1.held")) << action;
    EXPECT_TRUE(exists(root + "/stage.1.fresh")) << action;
  }
}

TEST_F(CacheCommand, ClearLeavesNothing) {
  const std::string path = fill("a", "content");
  EXPECT_THAT(cache_command("clear").out, HasSubstr("removed 1"));
  EXPECT_EQ(cached_entries(), 0U);
  EXPECT_EQ(json_of("du")["total_bytes"], 0);
  fill("a", "content");
  EXPECT_EQ(cached_entries(), 1U) << "it is filled again";
}

TEST_F(CacheCommand, WorksForEveryKindOfUserAndOnlyOnTheirOwn) {
  for (const As as : {As::kRootForUser, As::kOrdinaryUser}) {
    fill("a", "content", as);
    EXPECT_EQ(cache_command("verify", {}, as).exit_code, 0) << name_of(as);
    EXPECT_THAT(cache_command("ls", {}, as).out, HasSubstr("7 B")) << name_of(as);
  }
  const auto others = slipway({"cache", "clear", "--cache-dir", cache(As::kOrdinaryUser)});
  EXPECT_EQ(others.exit_code, 1);
  EXPECT_THAT(others.err, HasSubstr("belongs to uid"));
  EXPECT_EQ(cached_entries(As::kOrdinaryUser), 1U);
}

// verify() writes records anew, which the owner's next launch must be able to read.
TEST_F(CacheCommand, TheUmaskOfWhoLooksAfterItIsNoBusinessOfTheEntries) {
  for (const As as : {As::kRoot, As::kRootForUser, As::kOrdinaryUser}) {
    fill("a", "content", as);
    in_front_ = {"/bin/sh", "-c", "umask 777; exec \"$@\"", "sh"};
    for (const char* action : {"verify", "prune"}) {
      EXPECT_EQ(cache_command(action, {}, as).exit_code, 0) << action << " by " << name_of(as);
    }
    in_front_.clear();
    EXPECT_THAT(cache_command("ls", {}, as).out, HasSubstr("7 B")) << name_of(as);
    for (const auto& each : std::filesystem::recursive_directory_iterator(cache(as) + "/v1")) {
      EXPECT_NE(each.status().permissions() & std::filesystem::perms::owner_read,
                std::filesystem::perms::none)
          << each.path();
    }
  }
}

TEST_F(CacheCommand, ACacheThatIsNotThereIsAnErrorAndMisuseAnother) {
  const auto absent = slipway({"cache", "ls", "--cache-dir", dir_ / "none"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err, HasSubstr("is not there"));
  EXPECT_FALSE(exists(dir_ / "none"));
  EXPECT_EQ(slipway({"cache"}).exit_code, 2);
  EXPECT_EQ(slipway({"cache", "frobnicate"}).exit_code, 2);
  EXPECT_EQ(slipway({"cache", "ls", "more"}).exit_code, 2);
}

}  // namespace
}  // namespace slipway::tests
