// Which way a cached archive comes into a sandbox, and that it is what it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/materialize_fixture.h"
#include "tests/support/tree_snapshot.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(Materialize, AChangedTreeIsMadeAnew) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  std::filesystem::remove(trees().front() + "/tree/app/data");
  for (const char* way : {"--materialize=overlay", "--materialize=copy"}) {
    const auto result = run_anew(with("cat app/data", {path}), {way});
    EXPECT_EQ(result.out, "data") << result.err;
  }
  EXPECT_EQ(cache_command("verify").exit_code, 0);
}

TEST_F(Materialize, AChangedFileAtTheTopOrInACopiedDirectoryIsUnpackedAnew) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  std::ofstream(trees().front() + "/tree/top") << "tOp";
  auto result = run_anew(with("cat top app/data", {path}), {kOverlay});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "topdata");
  EXPECT_THAT(result.err, HasSubstr("changed in the cache"));
  // Another URI's file in the directory, so it is copied.
  const std::string plain = dir_.write("plain", "plain");
  const std::string text =
      shell_entry("cat app/data app/plain",
                  cat(uri(path, R"("cache":true)"), ",",
                      uri(plain, R"("cache":true,"extract":false,"output_file":"app/plain")")));
  ASSERT_EQ(run_anew(text, {kOverlay}).out, "dataplain");
  std::ofstream(trees().front() + "/tree/app/data") << "dAta";
  result = run_anew(text, {kOverlay});
  EXPECT_EQ(result.out, "dataplain") << result.err;
  EXPECT_THAT(result.err, HasSubstr("changed in the cache"));
}

TEST_F(Materialize, VerifyComparesEveryFileOfATree) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  const auto good = cache_command("verify");
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.out, HasSubstr("1 trees"));
  std::ofstream(trees().front() + "/tree/app/data") << "dAta";
  const auto bad = cache_command("verify");
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("damaged (removed)"), HasSubstr("a.tar.gz")));
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(Materialize, ALaunchWithoutFilesForgetsTheOverlaysOfTheOneBefore) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  const std::string mine = sandbox(sandbox_number_);
  ASSERT_EQ(slipway({"shell", mine, "-q", "--", "cat", "app/data"}).out, "data");
  ASSERT_EQ(
      slipway({"run", dir_.write("none", shell_entry("ls app")), "--sandbox", mine}).exit_code, 0);
  EXPECT_FALSE(exists(mine + "/.slipway/overlays.json"));
  const auto again = slipway({"shell", mine, "-q", "--", "ls", "app"});
  EXPECT_EQ(again.out, "") << "what its launch has seen";
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST_F(Materialize, TheReportSaysWhereTheFilesCameFrom) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto overlaid = read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl");
  EXPECT_THAT(overlaid, AllOf(HasSubstr(R"("tree":"overlay")"), HasSubstr(R"("overlays":2)")));
  const auto report = slipway({"report", sandbox(sandbox_number_), "--format=json"});
  EXPECT_THAT(report.out, AllOf(HasSubstr(R"("tree":"overlay")"), HasSubstr(R"("overlays":2)")));
  const auto copied = run_anew(with("true", {path}), {"--materialize=auto"});
  EXPECT_THAT(copied.err, HasSubstr("unpacked in the cache, 8 entries"));
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              AllOf(HasSubstr(R"("tree":"copy")"), Not(HasSubstr("overlays"))));
}

TEST_F(Materialize, LsAndDuShowTrees) {
  ASSERT_EQ(run_anew(with("true", {archive()}), {kOverlay}).exit_code, 0);
  EXPECT_THAT(cache_command("ls").out, HasSubstr("unpacked " + dir_.path() + "/a.tar.gz"));
  const auto list = nlohmann::json::parse(cache_command("ls", As::kRoot, {"--format=json"}).out);
  ASSERT_EQ(list["trees"].size(), 1U) << list;
  EXPECT_EQ(list["trees"][0]["in_use"], false);
  EXPECT_EQ(list["trees"][0]["sha256"], list["entries"][0]["sha256"]);
  const auto totals = nlohmann::json::parse(cache_command("du", As::kRoot, {"--format=json"}).out);
  EXPECT_EQ(totals["trees"], 1);
  EXPECT_GT(totals["tree_bytes"], 0);
}

TEST_F(Materialize, APrefetchMakesTheTreeForTheLaunchesToCome) {
  const std::string path = archive();
  const auto fetched = slipway({"fetch", dir_.write("entry", with("true", {path})), "--prefetch",
                                "--cache-dir", cache(As::kRoot), kOverlay});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_THAT(trees(), SizeIs(1));
}

TEST_F(Materialize, APrefetchTellsWhyThereIsNoTree) {
  const std::string path = archive();
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto fetched = slipway({"fetch", dir_.write("entry", with("true", {path})), "--prefetch",
                                "--cache-dir", cache(As::kRoot), "--materialize=overlay,auto"});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_THAT(fetched.err, AllOf(HasSubstr("without a cached tree"), HasSubstr("extracting it")));
  EXPECT_THAT(trees(), IsEmpty());
}

// Promise 23. The archive itself is small.
TEST_F(Materialize, WhatIsTooLargeForTheCacheIsNotUnpackedThere) {
  dir_.write("big/file", std::string(20'000'000, 'x'));
  const std::string text = with("wc -c < file", {pack("big.tar.gz", "big")});
  const std::string settings = dir_.write("small.toml", "[cache]\nmax_size = \"1M\"\n");
  for (int i = 0; i < 2; ++i) {
    const auto result = run_anew(text, {"--settings", settings, "--materialize=overlay,auto"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("20000000"));
    EXPECT_THAT(result.err, AllOf(HasSubstr("without a cached tree"),
                                  HasSubstr("larger together than what the cache can hold")));
    EXPECT_THAT(trees(), IsEmpty());
  }
  EXPECT_EQ(cached_entries(), 1U) << "the archive stays";
}

TEST_F(Materialize, FetchMountsNothingAndCopies) {
  const std::string path = archive();
  make_sandbox(As::kRoot);
  const auto fetched = slipway({"fetch", dir_.write("entry", with("true", {path})), "--sandbox",
                                sandbox(), "--cache-dir", cache(As::kRoot), kOverlay});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(read_file(sandbox() + "/app/data"), "data");
}

TEST_F(Materialize, ACopyComesFromTheTreeWhereThereIsOne) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto copied = run_anew(
      with("cat app/data top lib/one; app/bin/run; grep -c slipway: /proc/self/mountinfo", {path}),
      {"--materialize=auto"});
  EXPECT_EQ(copied.out, "datatoponeran\n0\n") << copied.err;
  EXPECT_THAT(copied.err, HasSubstr("unpacked in the cache"));
  EXPECT_TRUE(exists(sandbox(sandbox_number_) + "/app/bin/run"));
}

// Whoever may write to the cache can change a tree with all that is known of it, but not what an
// archive's hash is.
TEST_F(Materialize, WhereEveryByteIsToBeCopiedATreeIsNotTrusted) {
  const std::string path = archive();
  ASSERT_EQ(run_anew(with("true", {path}), {kOverlay}).exit_code, 0);
  const auto copied = run_anew(with("cat app/data", {path}), {"--materialize=copy"});
  EXPECT_EQ(copied.out, "data") << copied.err;
  EXPECT_THAT(copied.err, Not(HasSubstr("unpacked in the cache")));
  EXPECT_THAT(read_file(sandbox(sandbox_number_) + "/.slipway/report.jsonl"),
              Not(HasSubstr(R"("tree")")));
}

TEST_F(Materialize, WhereEveryByteIsCopiedNoTreeIsMade) {
  const std::string path = archive();
  for (int launch = 0; launch < 3; ++launch) {
    ASSERT_EQ(run_anew(with("true", {path}), {"--materialize=copy"}).exit_code, 0);
  }
  EXPECT_THAT(trees(), IsEmpty());
}

TEST_F(Materialize, ReflinkAloneIsAnErrorWhereItCannotBeHad) {
  const std::string path = archive();
  const TempDir memory(0700, "/dev/shm");
  const std::vector<std::string> launch{"run",
                                        dir_.write("entry", with("true", {path})),
                                        "--sandbox",
                                        memory / "s",
                                        "--cache-dir",
                                        cache(As::kRoot),
                                        "--materialize=reflink"};
  EXPECT_EQ(slipway(launch).exit_code, 0) << "nothing comes out of the cache yet";
  const auto again = slipway(launch);
  EXPECT_EQ(again.exit_code, 125) << again.err;
  EXPECT_THAT(again.err, AllOf(HasSubstr("reflink"), HasSubstr("--materialize=auto")));
}

// The archive has a file in its root, which no overlay brings.
TEST_F(Materialize, ReflinkBehindOverlayIsAnErrorToo) {
  const TempDir memory(0700, "/dev/shm");
  const auto result =
      slipway({"run", dir_.write("entry", with("true", {archive()})), "--sandbox", memory / "s",
               "--cache-dir", cache(As::kRoot), "--materialize=overlay,reflink"});
  EXPECT_EQ(result.exit_code, 125) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("reflink"), HasSubstr("--materialize=auto")));
  EXPECT_FALSE(exists(memory / "s/top"));
}

TEST_F(Materialize, ThePlanSaysWhichWayAndWhyNot) {
  const std::string entry = dir_.write("entry", with("true", {archive()}));
  const auto plan = [&](const std::vector<std::string>& words) {
    std::vector<std::string> all{"plan", entry, "--cache-dir", cache(As::kRoot)};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all).out;
  };
  EXPECT_THAT(plan({}), HasSubstr("into the sandbox by reflink, or copy"));
  EXPECT_THAT(plan({kOverlay}), AllOf(HasSubstr("by overlay for the directories"),
                                      HasSubstr("mount an overlay on each directory")));
  const auto settings = dir_.write("slipway.toml", "[cache]\nmaterialize = \"overlay,copy\"\n");
  EXPECT_THAT(plan({"--settings", settings}), HasSubstr("overlay on each"));
  EXPECT_THAT(slipway({"plan", entry, "--no-cache", "--settings", settings}).out,
              Not(HasSubstr("overlay on each")));
}

TEST_F(Materialize, AWordThatIsNoneIsAMistakeOfUsage) {
  const auto result = run(with("true", {archive()}), As::kRoot, {"--materialize=bind"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("'bind' is not one of auto, copy, reflink, overlay"));
}

}  // namespace
}  // namespace slipway::tests
