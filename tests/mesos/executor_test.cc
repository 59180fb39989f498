// X: slave_tests.cpp and the executors of Mesos, the same way.
#include <signal.h>

#include "tests/mesos/launch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(MesosLaunch, X01_ATimeLimitKillsASlowFetchWithAllItStarted) {
  const std::string settings = dir_.write(
      "s.toml", cat("[fetch]\nhadoop_home = \"", install_slow_hadoop(dir_, "297.125"), "\"\n"));
  const auto result = run(shell_entry("touch started", uri_json("hdfs://localhost/x")), As::kRoot,
                          {"--settings", settings, "--timeout=1s", "--retries=0"});
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("it was not complete in time"));
  EXPECT_THAT(placed(), IsEmpty());
  EXPECT_FALSE(is_sleeping("297.125"));
}

TEST_F(MesosLaunch, X02_ArgumentsReachTheProgram) {
  const auto outcome =
      launch(wrapped(program_entry("/bin/echo", R"("/bin/echo","--author","--help-not")")));
  EXPECT_EQ(outcome.status, exited(0));
  EXPECT_EQ(read_file(in_sandbox("stdout")), "--author --help-not\n");
}

TEST_F(MesosLaunch, X04_WithoutAUserItRunsAsTheCaller) {
  for (const As as : {As::kRoot, As::kOrdinaryUser}) {
    ++sandbox_number_;
    EXPECT_EQ(run(shell_entry("id -u"), as).out, as == As::kRoot ? "0\n" : "65534\n");
  }
}

TEST_F(MesosLaunch, X05_TheEntrysUserIsTaken) {
  make_sandbox(As::kRootForUser);
  EXPECT_EQ(run(entry(R"({"value":"id -un","user":"nobody"})")).out, "nobody\n");
}

TEST_F(MesosLaunch, X06_AnInvalidUserIsNamedAndNothingRuns) {
  const auto result = run(entry(R"({"value":"touch started","user":"no-such-user"})"));
  EXPECT_EQ(result.exit_code, 125);
  EXPECT_THAT(result.err, HasSubstr("no-such-user"));
  EXPECT_THAT(placed(), IsEmpty());
}

TEST_F(MesosLaunch, X07_ThePathThatTheAgentGivesIsTheExecutors) {
  const std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/mine";
  flags_.executor_environment_variables = {"PATH=" + path};
  EXPECT_EQ(launch(wrapped(shell_entry(cat("test $PATH = ", path)))).status, exited(0));
}

TEST_F(MesosLaunch, X09_AUriOfTheTaskIsFetchedIntoItsSandbox) {
  const std::string source = "file://" + dir_.write("from/test", "data");
  EXPECT_EQ(launch(wrapped(shell_entry("test -f test", uri_json(source)))).status, exited(0));
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosLaunch, X11_TheSandboxBelongsToTheUser) {
  const auto result = slipway({"run", "-", "--sandbox", dir_ / "new"}, As::kRootForUser, {},
                              shell_entry("touch own; stat -c '%a %U' ."));
  EXPECT_EQ(result.out, "750 nobody\n") << result.err;
  EXPECT_TRUE(exists(dir_ / "new/own"));
}

TEST_F(MesosLaunch, X12_TheAllocationRoleIsPassedOn) {
  flags_.executor_environment_variables = {"MESOS_ALLOCATION_ROLE=role"};
  EXPECT_EQ(launch(wrapped(shell_entry("test $MESOS_ALLOCATION_ROLE = role"))).status, exited(0));
}

TEST_F(MesosLaunch, X17_AColonInTheSandboxPathIsFine) {
  dir_.make_directory("host");
  const std::string source = dir_.write("from/own-command", "#!/bin/sh\npwd\n");
  const std::string text =
      program_entry("own-command", "", uri_json(source, R"(,"executable":true)"),
                    cat(R"("volume_mounts":[{"mode":"RO","host_path":")", dir_ / "host",
                        R"(","container_path":"v"}])"));
  EXPECT_EQ(launch(wrapped(text), {}, "test:colon").status, exited(0));
  EXPECT_THAT(sandbox_, HasSubstr("test:colon"));
  EXPECT_EQ(read_file(in_sandbox("stdout")), sandbox_ + "\n");
}

TEST_F(MesosLaunch, X18_TermWhileFetchingEndsIt) {
  RawServer server(silent());
  auto outcome = launch_aside(
      wrapped(shell_entry("touch started", uri_json(server.uri("/x"))), "-q --supervise"));
  while (server.requests().empty()) ::usleep(2000);
  ::kill(agent().await_pid(id_), SIGTERM);
  const Outcome ended = outcome.get();
  EXPECT_EQ(ended.status, exited(128 + SIGTERM));
  sandbox_ = ended.sandbox;
  EXPECT_THAT(fetched(), Not(::testing::Contains("started")));
}

TEST_F(MesosFetcher, X18_DestroyWhileFetchingKillsMesosFetcher) {
  RawServer server([](Exchange& exchange) { exchange.wait(std::chrono::minutes(5)); });
  agent();
  auto outcome = std::async(std::launch::async, [&] {
    return agent().launch({"executor", user_, {{.value = server.uri("/x")}}, "touch started"});
  });
  while (server.requests().empty()) ::usleep(2000);
  EXPECT_TRUE(agent().destroy("executor"));
  const Outcome ended = outcome.get();
  EXPECT_THAT(ended.failure, HasSubstr("terminated with signal 9"));
  EXPECT_EQ(ended.status, -1) << "no executor ran";
  sandbox_ = ended.sandbox;
  EXPECT_FALSE(exists(in_sandbox("x")));
}

TEST_F(MesosFetcher, X01_TheRegistrationTimeoutKillsTheHadoopClientToo) {
  flags_.hadoop_home = install_slow_hadoop(dir_, "297.375");
  flags_.executor_registration_timeout = std::chrono::seconds(1);
  EXPECT_THAT(launch("touch started", {{.value = "hdfs://localhost/x"}}).failure,
              HasSubstr("Failed to fetch all URIs"));
  EXPECT_FALSE(exists(in_sandbox("x")));
  EXPECT_FALSE(exists(in_sandbox("started")));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (is_sleeping("297.375") && std::chrono::steady_clock::now() < deadline) ::usleep(2000);
  EXPECT_FALSE(is_sleeping("297.375"));
}

TEST_F(MesosFetcher, X19_AFailedFetchIsWhyTheContainerWasNotLaunched) {
  EXPECT_THAT(launch("touch started", {{.value = dir_ / "none"}}).failure,
              HasSubstr("Failed to launch container: Failed to fetch all URIs"));
  EXPECT_FALSE(exists(in_sandbox("started")));
}

TEST_F(MesosFetcher, X09_X11_WhatIsFetchedIsTheTasks) {
  EXPECT_EQ(launch("test -O test && test -O . && ./run",
                   {{.value = dir_.write("from/test", "data")},
                    {.value = dir_.write("from/run", "#!/bin/sh\nexit 5\n"), .executable = true}})
                .status,
            exited(5));
}

TEST_F(MesosLaunch, X24_X26_LimitsAreTheCallers) {
  EXPECT_EQ(launch(cat("ulimit -S -t 1; ", wrapped(shell_entry("while :; do :; done")))).status,
            SIGXCPU);
  EXPECT_EQ(launch(wrapped(shell_entry("[ $(ulimit -t) = unlimited ]"))).status, exited(0));
}

TEST_F(MesosLaunch, X28_NoNewPrivsIsSetWithVolumes) {
  dir_.make_directory("host");
  const std::string text = shell_entry("grep NoNewPrivs /proc/self/status", "",
                                       cat(R"("volume_mounts":[{"mode":"RO","host_path":")",
                                           dir_ / "host", R"(","container_path":"v"}])"));
  EXPECT_EQ(launch(wrapped(text)).status, exited(0));
  EXPECT_EQ(read_file(in_sandbox("stdout")), "NoNewPrivs:\t1\n");
}

TEST_F(MesosLaunch, X30_IdsAndVariablesFollowTheMastersRules) {
  const std::string file = dir_.write("e.json", shell_entry("echo $MESOS_EXECUTOR_ID"));
  for (const std::string& id :
       {std::string("a/b"), std::string("a\\b"), std::string("a\tb"), std::string(300, 'x')}) {
    EXPECT_EQ(slipway({"run", file, "--sandbox", sandbox(), "--task-id", id}).exit_code, 125) << id;
  }
  EXPECT_EQ(slipway({"run", file, "--sandbox", sandbox(), "--task-id", "a:b c"}).out,
            "test-a:b c\n");
  for (const char* variable :
       {R"({"name":"A"})", R"({"value":"1"})", R"({"name":"A","type":"SECRET","value":"1"})",
        R"({"name":"A","type":"VALUE","secret":{}})", R"({"name":"A","type":"UNKNOWN"})"}) {
    EXPECT_EQ(run(entry(cat(R"({"value":"true","environment":{"variables":[)", variable, "]}}")))
                  .exit_code,
              125)
        << variable;
  }
  EXPECT_EQ(run(R"({"executor":{"name":"x","resources":[]},"task_prefix":""})").exit_code, 125);
}

}  // namespace
}  // namespace slipway::tests
