// Q: Aurora's ExecutorSettingsLoaderTest. G6 and G7: what no test of Mesos covers of the launch.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Of the shape of Aurora's test-single-executor.json, with volumes that this host has.
std::string fixture(std::string_view name, std::string_view host) {
  return cat(R"({"executor":{"name":")", name,
             R"(","command":{"value":"thermos_executor.pex","arguments":["--announcer-ensemble",)",
             R"("localhost:2181"],"uris":[{"value":"/home/vagrant/pex","extract":false,)",
             R"("executable":true,"cache":true}]},"resources":[{"name":"cpus","type":"SCALAR",)",
             R"("scalar":{"value":0.25}},{"name":"mem","type":"SCALAR","scalar":{"value":128}}]},)",
             R"("volume_mounts":[{"mode":"RO","container_path":")", host, R"(","host_path":")",
             host, R"("},{"mode":"RW","container_path":"/container","host_path":")", host,
             R"("}],"task_prefix":"thermos-"})");
}

class MesosEntry : public MesosTest {
 protected:
  RunResult plan(std::string_view text, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"plan", "-", "--format=json"});
    return slipway(words, As::kRoot, {}, std::string(text));
  }
  std::string host() { return dir_.make_directory("observer_root"); }
  // An executable script as a URI of that name.
  std::string script(std::string_view name, std::string_view text,
                     std::string_view executable = "true") {
    return cat(R"({"value":")", dir_.write(cat("from/", name), text), R"(","executable":)",
               executable, "}");
  }
};

TEST_F(MesosEntry, Q01_ParseSingle) {
  const auto result = plan(cat("[", fixture("AuroraExecutor", host()), "]"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("AuroraExecutor"), HasSubstr("thermos_executor.pex"),
                                HasSubstr(host()), HasSubstr("/container")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(MesosEntry, Q02_ParseMultiple) {
  const std::string both = cat("[", fixture("first", host()), ",", fixture("second", host()), "]");
  EXPECT_THAT(plan(both, {"-e", "first"}).out, HasSubstr("\"first\""));
  const auto second = plan(both, {"-e", "second"});
  EXPECT_THAT(second.out, AllOf(HasSubstr("\"second\""), Not(HasSubstr("\"first\""))));
  EXPECT_EQ(plan(both).exit_code, 125) << "one has to be chosen";
  EXPECT_EQ(plan(cat("[", fixture("one", host()), ",", fixture("one", host()), "]"), {"-e", "one"})
                .exit_code,
            125);
}

TEST_F(MesosEntry, Q03_InvalidJson) {
  const auto result = plan("this is not json");
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("not JSON"));
}

TEST_F(MesosEntry, Q04_MissingField) {
  const auto result = plan(R"([{"executor":{}}])");
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'task_prefix'"), HasSubstr("'command'")));
}

// What the agent refuses before it starts mesos-fetcher is refused by slipway itself.
TEST_F(MesosRun, F07_F08_F10_BadOutputFilesUsersAndUris) {
  const std::string source = dir_.write("from/test", "data");
  for (const std::string& uri :
       {cat(R"({"value":")", source, R"(","output_file":"/subdir/custom.txt"})"),
        std::string(R"({"value":"lala://nopath"})")}) {
    const auto result = run(shell_entry("touch started", uri));
    EXPECT_EQ(result.exit_code, 125);
    EXPECT_THAT(result.err, HasSubstr("/executor/command/uris/0"));
  }
  EXPECT_EQ(slipway({"run", "-", "--sandbox", sandbox(), "-u", "no-such-user"}, As::kRoot, {},
                    shell_entry("touch started"))
                .exit_code,
            125);
  EXPECT_THAT(placed(), ::testing::IsEmpty());
}

TEST_F(MesosEntry, G6_TheShellIsNotTakenFromTheSandbox) {
  EXPECT_EQ(run(shell_entry("echo real", script("sh", "#!/bin/sh\necho planted\n"))).out, "real\n");
}

TEST_F(MesosEntry, G6_ABareNameIsLookedForInTheSandboxAndThenInPath) {
  const std::string own = script("id", "#!/bin/sh\necho own\n");
  EXPECT_EQ(run(program_entry("id", R"("id","-u")", own)).out, "own\n");
  ++sandbox_number_;
  EXPECT_EQ(run(program_entry("id", R"("id","-u")")).out, "0\n");
  ++sandbox_number_;
  EXPECT_EQ(run(program_entry("id", R"("id","-u")", script("id", "x", "false"))).out, "0\n")
      << "what is not executable does not count";
  ++sandbox_number_;
  make_sandbox(As::kRoot, sandbox_number_);
  ASSERT_EQ(::mkdir((sandbox(sandbox_number_) + "/id").c_str(), 0755), 0);
  EXPECT_EQ(run(program_entry("id", R"("id","-u")")).out, "0\n") << "nor a directory";
}

TEST_F(MesosEntry, G6_ANameWithASlashIsOneInTheSandbox) {
  const std::string own = cat(R"({"value":")", dir_.write("from/own", "#!/bin/sh\nexit 7\n"),
                              R"(","executable":true,"output_file":"bin/own"})");
  EXPECT_EQ(run(program_entry("./bin/own", "", own)).exit_code, 7);
  EXPECT_EQ(run(program_entry("bin/own", "", own)).exit_code, 7);
  EXPECT_EQ(run(program_entry("bin/id", "")).exit_code, 127) << "PATH is not searched";
}

TEST_F(MesosEntry, G6_WhatCannotBeExecutedIs126) {
  EXPECT_EQ(run(program_entry("./plain", "", script("plain", "x", "false"))).exit_code, 126);
  EXPECT_EQ(run(program_entry("/tmp", "")).exit_code, 126);
}

TEST_F(MesosEntry, G6_ArgumentZeroIsTheFirstArgumentOrTheValue) {
  EXPECT_EQ(run(program_entry("sh", R"("zero","-c","echo $0")")).out, "zero\n");
  EXPECT_EQ(
      values(run(program_entry(probe_, R"("other","argv","--","x y","")")).out, "argv").size(), 5U);
  const auto result =
      run(program_entry("cat", ""), As::kRoot, {"-q", "--", "cat", "/proc/self/cmdline"});
  EXPECT_EQ(result.out, std::string("cat\0/proc/self/cmdline\0", 23));
  EXPECT_EQ(run(program_entry("true", "")).exit_code, 0) << "argc is not 0";
}

TEST_F(MesosEntry, G6_AScriptWithoutAnInterpreterLineIsTheShells) {
  EXPECT_EQ(run(program_entry("own", "", script("own", "echo from the script\n"))).out,
            "from the script\n");
}

TEST_F(MesosEntry, G6_WithoutPathThereIsADefaultAndAnEmptyOneFindsNothing) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", program_entry("id", R"("id","-u")"));
  RunOptions bare;
  bare.env = std::vector<std::string>{};
  EXPECT_EQ(
      run_program({program_, "run", file, "-q", "--no-cache", "--sandbox", sandbox()}, bare).out,
      "0\n");
  EXPECT_EQ(
      run(program_entry("id", R"("id","-u")"), As::kRoot, {"--env", "PATH=/nowhere"}).exit_code,
      127);
}

TEST_F(MesosEntry, G6_OfTwoVariablesWithOneNameTheLastIsTaken) {
  const auto with = [&](std::string_view variables) {
    return run(entry(
        cat(R"({"value":"env | grep ^MINE=","environment":{"variables":[)", variables, "]}}")));
  };
  EXPECT_EQ(with(R"({"name":"MINE","value":"1"},{"name":"MINE","value":"2"})").out, "MINE=2\n");
  for (const char* bad : {R"({"name":"MI=NE","value":"1"})", R"({"name":"","value":"1"})",
                          R"({"name":"MINE","value":"a\u0000b"})"}) {
    EXPECT_EQ(with(bad).exit_code, 125) << bad;
  }
}

TEST_F(MesosEntry, G6_ANulInAnArgumentIsAnError) {
  const auto result = run(program_entry("echo", R"("echo","a\u0000b")"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_EQ(result.out, "");
}

TEST_F(MesosEntry, G7_AStoppedExecutorIsNotAnEndedOne) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", shell_entry("echo pid $$; kill -STOP $$; exit 5"));
  RunningProgram slipway(
      {program_, "run", file, "--no-cache", "--supervise", "--sandbox", sandbox()});
  const pid_t executor = slipway.told_pid("pid ");
  EXPECT_EQ(state_of(executor, "T"), 'T');
  EXPECT_TRUE(is_running(slipway.pid()));
  ::kill(executor, SIGCONT);
  EXPECT_EQ(slipway.wait(), 5);
}

TEST_F(MesosEntry, G7_WhatForkedTwiceIsEndedWithTheExecutor) {
  const std::string line =
      "(setsid sh -c '(sh -c \"echo \\$\\$ > p; mv p pid; exec sleep 1000\" &)' &); "
      "until [ -e pid ]; do sleep 0.01; done; cat pid; exit 3";
  const auto result = run(shell_entry(line), As::kRoot, {"-q", "--supervise"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(is_running(static_cast<pid_t>(std::stol(result.out))));
}

TEST_F(MesosEntry, G7_ASignalsEndIsTheStatusOfBothLives) {
  for (const char* life : {"-q", "--supervise"}) {
    EXPECT_EQ(run(shell_entry("kill -SEGV $$"), As::kRoot, {life}).exit_code, 128 + SIGSEGV);
  }
}

}  // namespace
}  // namespace slipway::tests
