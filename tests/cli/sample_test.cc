// The documented sample of Aurora, whole and real, as each kind of user; and what becomes of the
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Sample : public SlipwayTest, public ::testing::WithParamInterface<As> {
 protected:
  // The sample with the paths that it takes for granted put below this test's directory; the paths
  // on the container are the sample's own.
  std::string sample() {
    run_program({"cp", probe_, dir_ / "myExecutor.a"});
    EXPECT_EQ(::chmod((dir_ / "myExecutor.a").c_str(), 0644), 0);
    dir_.write("myConfiguration.config", "configured\n");
    dir_.write("directory/readable", "from the host");
    dir_.make_directory("host", 0777);
    return cat(
        R"([{"executor":{"name":"myExecutor","command":{"value":"myExecutor.a","shell":"false","arguments":[)",
        R"("localhost:2181","fds","read","/path/on/container/readable","writable","/path/on/container",)",
        R"("writable","/container","write","/container/made","data","argv"],"uris":[{"value":")",
        dir_ / "myExecutor.a", R"(","executable":true,"extract":false,"cache":true},{"value":")",
        dir_ / "myConfiguration.config",
        R"(","executable":false,"extract":false,"cache":false}]},"resources":)",
        R"([{"name":"cpus","type":"SCALAR","scalar":{"value":1.00}},{"name":"mem","type":"SCALAR","scalar":)",
        R"({"value":512}}]},"volume_mounts":[{"mode":"RO","container_path":"/path/on/container","host_path":")",
        dir_ / "directory", R"("},{"mode":"RW","container_path":"/container","host_path":")",
        dir_ / "host", R"("}],"task_prefix":"my-executor-"}])");
  }
};

INSTANTIATE_TEST_SUITE_P(All, Sample,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(Sample, RunsAndLeavesTheHostAsItWas) {
  const std::string mounts_before = read_file("/proc/self/mountinfo");
  const auto result = run(sample(), GetParam(), {"-e", "myExecutor"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("arguments[0] 'localhost:2181' becomes argv[0] of 'myExecutor.a'"));
  EXPECT_EQ(values(result.out, "argv").front(), "localhost:2181");
  EXPECT_EQ(value(result.out, "read"), "from the host");
  EXPECT_THAT(values(result.out, "create"), ElementsAre("EROFS", "ok"));
  EXPECT_EQ(value(result.out, "write"), "ok") << "a file in the RW volume";
  EXPECT_EQ(value(result.out, "fds"), "0 1 2");
  EXPECT_THAT(placed(), ElementsAre("myConfiguration.config", "myExecutor.a"));
  EXPECT_EQ(read_file(dir_ / "host/made"), "data") << "a write to the RW volume is one on the host";
  EXPECT_FALSE(exists("/container"));
  EXPECT_FALSE(exists("/path"));
  EXPECT_EQ(read_file("/proc/self/mountinfo"), mounts_before);
}

TEST_P(Sample, WhatPlanShowsIsWhatRunDoes) {
  make_sandbox(GetParam());
  const std::string text = sample();
  const auto plan = slipway(
      {"plan", "-", "-e", "myExecutor", "--sandbox", sandbox(), "--cache-dir", cache(GetParam())},
      GetParam(), {}, text);
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(
      plan.out,
      AllOf(HasSubstr(cat("bind '", dir_ / "host", "' on '/container' read-write")),
            HasSubstr(cat("bind '", dir_ / "directory", "' on '/path/on/container' read-only")),
            HasSubstr("argv    localhost:2181 "), HasSubstr("fill: not in the cache yet"),
            HasSubstr("direct: its cache flag is false"), HasSubstr("SLIPWAY_MEM_MB=512")));
  const auto json = slipway(
      {"plan", "-", "--format=json", "--sandbox", sandbox(), "--cache-dir", cache(GetParam())},
      GetParam(), {}, text);
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"version\": 1"), HasSubstr("\"localhost:2181\"")));
  EXPECT_EQ(run_program({"python3", "-m", "json.tool"},
                        {.env = {}, .cwd = "", .stdin_text = json.out, .user = {}})
                .exit_code,
            0);
}

TEST_P(Sample, RealDeploymentsShape) {
  const std::string binary = dir_.write("dce", "#!/bin/sh\ncat \"$1\" general.yaml\n", 0644);
  const std::string config = dir_.write("config.yaml", "config\n");
  const std::string general = dir_.write("general.yaml", "general\n");
  const auto result =
      run(entry(cat(R"({"value":"./dce config.yaml","shell":"true","uris":[{"value":")", binary,
                    R"(","executable":true,"extract":false,"cache":true},{"value":")", config,
                    R"(","extract":false},{"value":")", general, R"("}]})")),
          GetParam());
  EXPECT_EQ(result.out, "config\ngeneral\n") << result.err;
}

TEST_P(Sample, V04V05RelativeMountPointsAreMadeInTheSandbox) {
  dir_.write("directory/f", "in the directory");
  dir_.write("one-file", "the file");
  const auto result =
      run(shell_entry(
              "cat mountpoint/f deep/er/file.txt; echo x > mountpoint/new || echo read-only", "",
              cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "directory",
                  R"(","container_path":"mountpoint"},{"mode":"RO","host_path":")",
                  dir_ / "one-file", R"(","container_path":"deep/er/file.txt"}])")),
          GetParam());
  EXPECT_EQ(result.out, "in the directorythe fileread-only\n") << result.err;
  EXPECT_THAT(placed(), ElementsAre("deep/", "deep/er/", "deep/er/file.txt", "mountpoint/"));
}

}  // namespace
}  // namespace slipway::tests
