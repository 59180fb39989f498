// What turns out not to be as the plan had it is left to slipway-fetcher, and whatever the cache
// holds harms nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/cli/hit_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Fallback : public Hit {};
class FallbackAs : public Fallback, public ::testing::WithParamInterface<As> {};
INSTANTIATE_TEST_SUITE_P(All, FallbackAs,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(FallbackAs, ADamagedHitIsFinishedBySlipwayFetcherAndEverythingIsToldOnce) {
  nginx_.write("y", "more data");
  const std::string text =
      shell_entry("cat y x", cat(uri(nginx_.http("/y"), R"("cache":true)"), ",",
                                 uri(nginx_.http("/x"), R"("cache":true)")));
  ASSERT_EQ(run_anew(text, {}, GetParam()).out, "more datathe data");
  damage(cat(cache(GetParam()), "/v1/objects/", fetcher::sha256_hex("the data")));
  const auto events = told(text, {"--cache-policy=immutable", "--parallel=1"}, GetParam());
  EXPECT_EQ(with(events, "fetch-start").size(), 2U);
  EXPECT_THAT(with(events, "fetch-end"),
              ElementsAre(HasSubstr(R"("source":"cache")"), HasSubstr(R"("source":"network")")));
  EXPECT_THAT(with(events, "warning"), ElementsAre(HasSubstr("was damaged: fetching it anew")));
  EXPECT_EQ(nginx_.count("GET /x "), 2U);
  EXPECT_EQ(nginx_.count("GET /y "), 1U) << "what was served already is not fetched";
  EXPECT_THAT(placed_now(), ElementsAre("x", "y"));
  EXPECT_EQ(run_anew(text, {"--cache-policy=immutable"}, GetParam()).out, "more datathe data");
}

TEST_P(FallbackAs, OneOfManyThatIsDamagedLeavesTheOthersAsTheyWere) {
  std::string uris;
  for (int i = 0; i < 40; ++i) {
    nginx_.write(cat("many", i), cat("data of ", i));
    uris += cat(i == 0 ? "" : ",", uri(nginx_.http(cat("/many", i)), R"("cache":true)"));
  }
  const std::string text = shell_entry("cat many3 many17", uris);
  ASSERT_EQ(run_anew(text, {}, GetParam()).out, "data of 3data of 17");
  const std::string object =
      cat(cache(GetParam()), "/v1/objects/", fetcher::sha256_hex("data of 17"));
  damage(object);
  const auto events = told(text, {"--cache-policy=immutable"}, GetParam());
  EXPECT_EQ(with(events, "fetch-start").size(), 40U);
  EXPECT_EQ(with(events, "fetch-end").size(), 40U);
  EXPECT_EQ(with(events, R"("source":"network")").size(), 1U);
  EXPECT_EQ(read_file(sandbox(sandbox_number_) + "/many17"), "data of 17");
  EXPECT_EQ(placed_now().size(), 40U);
}

TEST_P(FallbackAs, WhatIsStaleOrGoneIsFetched) {
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  nginx_.write("x", "newer data");
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=ttl=1h"}, GetParam()).out, "the data");
  EXPECT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "newer data") << "asks the server";
  fs::remove(cat(cache(GetParam()), "/v1/objects/", fetcher::sha256_hex("newer data")));
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam()).out, "newer data");
  fs::remove(only_file(GetParam(), "uris"));
  EXPECT_EQ(run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam()).out, "newer data");
}

// What the cache holds is the user's to change: nothing of it leads root anywhere.
TEST_P(FallbackAs, AHostileCacheGivesAwayNothing) {
  const std::string secret = dir_.write("secret", "the data", 0600);  // as long as what is cached
  ASSERT_EQ(run_anew(cached_entry(), {}, GetParam()).out, "the data");
  const std::string object = only_file(GetParam(), "objects");
  const std::string entry = only_file(GetParam(), "uris");
  const auto still_served = [&](std::string_view what) {
    const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
    EXPECT_EQ(result.out, "the data") << what << result.err;
  };
  std::size_t gets = nginx_.count("GET /x ");
  for (const std::string& planted : {object, entry}) {
    fs::remove(planted);
    fs::create_symlink(secret, planted);
    still_served("a link");
    EXPECT_EQ(nginx_.count("GET /x "), ++gets);
    fs::remove(planted);
    ASSERT_EQ(::mkfifo(planted.c_str(), 0666), 0);
    still_served("a fifo");
    EXPECT_EQ(nginx_.count("GET /x "), ++gets);
    fs::remove(planted);
    fs::create_directory(planted);
    const auto result = run_anew(cached_entry(), {"--cache-policy=immutable"}, GetParam());
    EXPECT_EQ(result.out, "the data") << result.err;
    fs::remove_all(planted);
    still_served("nothing");
    gets = nginx_.count("GET /x ");
  }
  EXPECT_EQ(read_file(secret), "the data");
  EXPECT_EQ(mode_of(secret), mode_t{0600});
}

TEST_F(Fallback, AFileThatOnlyRootCanReadIsNotCopiedForAUser) {
  const std::string secret = dir_.write("secret", "secret", 0600);
  const auto result = run_anew(shell_entry("cat secret", uri(secret)), {}, As::kRootForUser);
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("Permission denied"), HasSubstr("E-FETCH-AUTH")));
  EXPECT_THAT(placed_now(), IsEmpty());
}

TEST_F(Fallback, WhatIsWrongWithALocalFileIsSaidAsEver) {
  const std::string path = dir_.write("local", "local data");
  const auto failure = [&](const std::string& uris, const std::vector<std::string>& words = {}) {
    const auto result = run_anew(shell_entry("true", uris), words);
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(placed_now(), IsEmpty());
    const auto events = events_of(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"));
    EXPECT_EQ(with(events, "fetch-start").size(), 2U) << result.err;
    EXPECT_EQ(with(events, "fetch-end").size(), 2U) << result.err;
    return result.err;
  };
  const std::string good = uri(path, R"("output_file":"good")") + ",";
  EXPECT_THAT(failure(good + uri(dir_ / "missing")), HasSubstr("E-FETCH-NOT-FOUND"));
  EXPECT_THAT(failure(good + uri(cat(path, "#sha256=", std::string(64, '0')))),
              HasSubstr("E-FETCH-CHECKSUM"));
  EXPECT_THAT(failure(good + uri(dir_.make_directory("directory"))),
              HasSubstr("E-FETCH-DIRECTORY"));
}

// NFS and quotas tell only at close(2) that the bytes could not be kept.
TEST_F(Fallback, AFileOfWhichCloseReportsAnErrorIsNotPlaced) {
  const std::string local = dir_.write("local", "local data");
  const struct {
    std::string uri;
    std::string_view staged;
  } cases[] = {{uri(local), "all/local"},
               {uri(local, R"("cache":true)"), "all/local"},
               {uri(nginx_.http("/x")), "all/x"},
               {uri(make_archive("a.tar.gz")), "0/file/a.tar.gz"}};
  for (const auto& each : cases) {
    const std::string text = shell_entry("true", each.uri);
    ASSERT_EQ(run_anew(text).exit_code, 0) << each.uri;
    inject("close:error=EDQUOT",
           cat(sandbox(sandbox_number_ + 1), "/.slipway/stage/", each.staged));
    const auto result = run_anew(text);
    in_front_.clear();
    EXPECT_EQ(result.exit_code, 125) << each.uri;
    EXPECT_THAT(result.err, HasSubstr("close: Disk quota exceeded"));
    EXPECT_THAT(placed_now(), IsEmpty()) << each.uri;
  }
}

}  // namespace
}  // namespace slipway::tests
