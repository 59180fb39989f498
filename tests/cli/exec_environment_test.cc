// Which variables the executor gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sandbox/base/text.h"
#include "tests/cli/exec_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Exec, M19NoSecretOfTheCallerReachesTheExecutor) {
  make_sandbox(As::kRoot);
  const auto result = slipway(
      {"run", "-", "--sandbox", sandbox()}, As::kRoot,
      {"AWS_SECRET_ACCESS_KEY=marker", "LD_LIBRARY_PATH=/marker", "LIBPROCESS_SSL_KEY_FILE=marker",
       "SLIPWAY_CACHE_DIR=" + cache(As::kRoot), "MESOS_SLAVE_PID=slave(1)@1.2.3.4:5051"},
      shell_entry("env"));
  EXPECT_THAT(result.out, Not(HasSubstr("marker")));
  EXPECT_THAT(result.out, Not(HasSubstr("SLIPWAY")));
  EXPECT_THAT(result.out, HasSubstr("MESOS_SLAVE_PID=slave(1)@1.2.3.4:5051\n"));
  EXPECT_THAT(result.out, HasSubstr(cat("MESOS_SANDBOX=", sandbox(), "\n")));
}

TEST_F(Exec, M08VariablesOfTheAgentAndTheEntryReachTheExecutor) {
  make_sandbox(As::kRoot);
  const auto result = slipway(
      {"run", "-", "--sandbox", sandbox()}, As::kRoot, {"LIBPROCESS_IP=10.0.0.1"},
      entry(
          R"({"value":"echo $LIBPROCESS_IP $MINE","environment":{"variables":[{"name":"MINE","value":"1"},{"name":"MINE","value":"a b"}]}})"));
  EXPECT_EQ(result.out, "10.0.0.1 a b\n");
}

TEST_F(Exec, X07ThePathOfTheEntryIsTaken) {
  const auto result = run(entry(
      R"({"value":"echo $PATH","environment":{"variables":[{"name":"PATH","value":"/bin:/mine"}]}})"));
  EXPECT_EQ(result.out, "/bin:/mine\n");
}

TEST_F(Exec, InheritEnvTakesALiveEnvironmentAsAWhole) {
  make_sandbox(As::kRoot);
  const auto result =
      slipway({"run", "--sandbox", sandbox(), "--inherit-env"}, As::kRoot,
              {"KEPT=1", cat("SLIPWAY_ENTRY=", shell_entry("echo $KEPT; env | grep -c SLIPWAY_"))});
  EXPECT_EQ(result.out, "1\n0\n") << result.err;
}

TEST_F(Exec, EnvFilesMayBeLinesOrALiveProcess) {
  dir_.write("env", "# lines\nA=1\nB=x y\n");
  dir_.write("environ", std::string("C=2\0D=3\0", 8));
  const auto result = run(shell_entry("echo $A $B $C $D"), As::kRoot,
                          {"--env-file", dir_ / "env", "--env-file", dir_ / "environ"});
  EXPECT_EQ(result.out, "1 x y 2 3\n");
  EXPECT_EQ(run(shell_entry("true"), As::kRoot, {"--env-file", dir_ / "missing"}).exit_code, 125);
}

TEST_F(Exec, AnEnvFileMayBeTheEnvironmentOfALiveProcess) {
  RunningProgram other(
      {"/bin/sh", "-c", "A='x y' B= exec /bin/sh -c 'echo up; while :; do sleep 0.05; done'"}, {});
  other.line("up");
  const auto result = run(shell_entry("echo \"$A|${B-unset}|${C-unset}\""), As::kRoot,
                          {"--env-file", cat("/proc/", other.pid(), "/environ")});
  EXPECT_EQ(result.out, "x y||unset\n") << result.err;
}

TEST_F(Exec, EnvPassesOnByNameOnlyWhatIsSet) {
  make_sandbox(As::kRoot);
  const auto result = slipway(
      {"run", "-", "--sandbox", sandbox(), "--env", "PASSED", "--env", "MISSING", "--env",
       "GIVEN=a=b", "--env", "EMPTY="},
      As::kRoot, {"PASSED=1", "OTHER=2"},
      shell_entry("echo \"$PASSED|${MISSING-unset}|$GIVEN|${EMPTY-unset}|${OTHER-unset}\""));
  EXPECT_EQ(result.out, "1|unset|a=b||unset\n") << result.err;
}

TEST_F(Exec, TheExecutorIdIsPrefixAndTaskId) {
  EXPECT_EQ(run(shell_entry("echo $MESOS_EXECUTOR_ID"), As::kRoot, {"--task-id", "job-0"}).out,
            "test-job-0\n");
}

}  // namespace
}  // namespace slipway::tests
