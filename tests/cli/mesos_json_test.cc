// Mesos's own JSON by hand: what people copy out of logs, /state and frameworks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"
#include "tests/cli/fetch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MesosJson : public Fetch {
 protected:
  // An ExecutorInfo with an archive, a plain file and a volume of each mode.
  std::string executor_info(std::string_view line) {
    dir_.write("read/only", "volume");
    dir_.write("plain", "text");
    return cat(
        R"({"executor_id":{"value":"own-id"},"name":"mine","source":"s","command":{"value":")",
        line, R"(","uris":[)", uri(make_archive("a.tar.gz")), ",", uri(dir_ / "plain"),
        R"(]},"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.5},"role":"*"}],)",
        R"("container":{"type":"MESOS","volumes":[{"mode":"RO","container_path":"in","host_path":")",
        dir_ / "read", R"("}]}})");
  }
  std::string fetcher_info() {
    dir_.write("plain", "text");
    return cat(
        R"({"items":[{"action":"BYPASS_CACHE","uri":{"cache":false,"extract":true,"value":")",
        make_archive("a.tar.gz"), R"("}},{"action":"DOWNLOAD_AND_CACHE","cache_filename":)",
        R"("c1-plain","uri":{"executable":true,"output_file":"tool","value":")", dir_ / "plain",
        R"("}}],"sandbox_directory":"/nowhere"})");
  }
  RunResult slipway_here(std::string_view command, const std::string& file,
                         const std::vector<std::string>& words = {},
                         const std::string& stdin_text = "") {
    make_sandbox(As::kRoot);
    std::vector<std::string> all{std::string(command), file, "--sandbox", sandbox(), "--cache-dir",
                                 cache(As::kRoot)};
    all.insert(all.end(), words.begin(), words.end());
    return slipway(all, As::kRoot, {}, stdin_text);
  }
  void expect_fetched() {
    EXPECT_THAT(placed(), ElementsAre("a.tar.gz", "command", "sub/", "sub/file", "tool"));
    EXPECT_EQ(cached_entries(), 1U);
  }
};

class MesosJsonAs : public MesosJson, public ::testing::WithParamInterface<As> {};

TEST_P(MesosJsonAs, AnExecutorInfoIsRunWithItsUrisAndVolumes) {
  const auto result =
      run(executor_info(
              "cat sub/file plain in/only; echo $MESOS_EXECUTOR_ID $SLIPWAY_CPUS; echo x > in/y"),
          GetParam());
  EXPECT_THAT(result.out, HasSubstr("contenttextvolumeown-id 0.5\n")) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Read-only file system"));
  EXPECT_THAT(result.err, Not(HasSubstr("slipway: warning")));
  EXPECT_FALSE(exists(dir_ / "read/y"));
}

INSTANTIATE_TEST_SUITE_P(All, MesosJsonAs, ::testing::Values(As::kRoot, As::kOrdinaryUser),
                         [](const auto& each) { return name_of(each.param); });

TEST_F(MesosJson, ATaskIdTakesThePlaceOfTheExecutorId) {
  const auto result =
      run(executor_info("echo $MESOS_EXECUTOR_ID"), As::kRoot, {"--task-id", "other"});
  EXPECT_EQ(result.out, "other\n") << result.err;
}

TEST_F(MesosJson, AVolumeThatCannotBeMountedStopsTheRun) {
  const auto result = run(
      R"({"command":{"value":"echo ran"},"container":{"volumes":[{"mode":"RW",)"
      R"("container_path":"in","source":{"type":"SANDBOX_PATH","sandbox_path":{"path":"x"}}}]}})");
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("/container/volumes/0/source: is a volume of the type "
                                    "SANDBOX_PATH, which slipway cannot mount"));
  EXPECT_THAT(placed(), ElementsAre());
}

TEST_F(MesosJson, AFetcherInfoIsPlannedAsAFetch) {
  const auto result = slipway_here("plan", dir_.write("fetcher_info.json", fetcher_info()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("executor: 'fetch'"), HasSubstr("a.tar.gz"),
                                HasSubstr("to      'tool', mode 0755, because executable is true"),
                                HasSubstr("execute: nothing"), Not(HasSubstr("argv"))));
  EXPECT_THAT(placed(), ElementsAre());
}

TEST_F(MesosJson, ALineOfALogIsFetchedFromAFile) {
  const std::string line = cat("Starting task t\nI1125 18:00:00.000000   123 fetcher.cpp:533] ",
                               "Fetcher Info: ", fetcher_info(), "\nI1125 Fetching {it}\n");
  const auto result = slipway_here("fetch", dir_.write("stderr", line));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_fetched();
}

TEST_F(MesosJson, ALineOfALogIsFetchedFromStandardInput) {
  const auto result = slipway_here(
      "fetch", "-", {}, cat("I1125 18:00:00.000000   123 x.cpp:5] Fetcher Info: ", fetcher_info()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_fetched();
}

TEST_F(MesosJson, TheVariableOfAFetcherIsFetched) {
  const auto result =
      slipway_here("fetch", "-", {}, cat("MESOS_FETCHER_INFO='", fetcher_info(), "'\n"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_fetched();
}

TEST_F(MesosJson, AFetcherInfoIsNotRunWithoutACommand) {
  const auto result = slipway_here("run", "-", {}, fetcher_info());
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("a FetcherInfo has no command"),
                                HasSubstr("'slipway fetch' fetches it"), HasSubstr("'--'")));
  EXPECT_THAT(placed(), ElementsAre());
}

TEST_F(MesosJson, AFetcherInfoIsRunAndOpenedWithACommand) {
  const std::string file = dir_.write("fetcher_info.json", fetcher_info());
  const auto result = slipway_here("run", file, {"--", "cat", "sub/file"});
  EXPECT_EQ(result.out, "content") << result.err;
  const auto shell = slipway_here("shell", file, {"--", "cat", "tool"});
  EXPECT_EQ(shell.out, "text") << shell.err;
  const auto reopened = slipway({"shell", sandbox(), "--", "cat", "tool"});
  EXPECT_EQ(reopened.out, "text") << reopened.err;
}

TEST_F(MesosJson, AWholeStateIsToBeCut) {
  const auto result = slipway_here("plan", "-", {}, R"({"id":"x","frameworks":[],"slaves":[]})");
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("is a whole answer of /state: cut out the object"));
}

}  // namespace
}  // namespace slipway::tests
