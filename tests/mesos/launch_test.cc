// M and X: mesos_containerizer_tests.cpp, slave_tests.cpp, nested containers and executors of
// Mesos; what slipway is asked to do in them, started by the agent's stand-in or by hand.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kForEver = "while :; do sleep 0.02; done";

class MesosLaunch : public MesosTest {
 protected:
  // A container that runs in a thread; its outcome. The agent knows it once this returns.
  std::future<Outcome> launch_aside(const std::string& command, std::vector<MesosUri> uris = {}) {
    agent();
    id_ = cat("executor-", ++launches_);
    return std::async(std::launch::async, [this, id = id_, command, uris = std::move(uris)] {
      return agent().launch({id, user_, uris, command});
    });
  }
  static void await_file(const std::string& path) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!exists(path) && std::chrono::steady_clock::now() < deadline) ::usleep(2000);
    EXPECT_TRUE(exists(path)) << path;
  }
  // Where the latest container of launch_aside() is.
  std::string running_sandbox() {
    return dir_ / cat("work/slaves/S0/frameworks/F0/executors/", id_, "/runs/latest");
  }
  pid_t pid_in(const std::string& name) {
    await_file(cat(running_sandbox(), '/', name));
    return static_cast<pid_t>(std::stol(read_file(cat(running_sandbox(), '/', name))));
  }
  // A server that takes connections and says nothing until the client goes.
  static RawServer::Handler silent() {
    return [](Exchange& exchange) { exchange.wait(std::chrono::minutes(5)); };
  }

  std::string id_;
  int launches_ = 0;
};

std::string uri_json(std::string_view value, std::string_view rest = "") {
  return cat(R"({"value":")", value, '"', rest, "}");
}

TEST_F(MesosLaunch, M01_TheExitStatusIsTheExecutors) {
  EXPECT_EQ(launch(wrapped(shell_entry("exit 42"))).status, exited(42));
  EXPECT_EQ(launch(wrapped(shell_entry("exit 42"), "-q --supervise")).status, exited(42));
}

TEST_F(MesosLaunch, M02_WithoutAnAgentToo) {
  for (const As as : {As::kRoot, As::kOrdinaryUser}) {
    ++sandbox_number_;
    EXPECT_EQ(run(shell_entry("exit 42"), as).exit_code, 42);
  }
}

TEST_F(MesosLaunch, M03_DestroyEndsItBySigkill) {
  for (const char* words : {"-q", "-q --supervise"}) {
    auto outcome =
        launch_aside(wrapped(shell_entry("echo $$ > p; mv p pid; exec sleep 1000"), words));
    const pid_t executor = pid_in("pid");
    EXPECT_TRUE(agent().destroy(id_));
    EXPECT_EQ(outcome.get().status, SIGKILL);
    EXPECT_TRUE(ends_within(executor, kPatience));
  }
}

TEST_F(MesosLaunch, M08_VariablesOfTheAgentAndTheEntryReachTheExecutor) {
  flags_.environment.emplace_back("LIBPROCESS_IP=127.0.0.9");
  flags_.executor_environment_variables = {"TEST_ENVIRONMENT=touched"};
  EXPECT_EQ(launch(wrapped(entry(cat(R"({"value":"[ $LIBPROCESS_IP = 127.0.0.9 ] && )",
                                     R"(touch $TEST_ENVIRONMENT $MINE","environment":)",
                                     R"({"variables":[{"name":"MINE","value":"mine"}]}})")),
                           "-q --env TEST_ENVIRONMENT"))
                .status,
            exited(0));
  EXPECT_TRUE(exists(in_sandbox("touched")));
  EXPECT_TRUE(exists(in_sandbox("mine")));
}

TEST_F(MesosLaunch, M09_OutputIsTheExecutors) {
  const std::string source = dir_.write("from/x", "data");
  const std::string file =
      dir_.write("e.json", shell_entry("echo out; echo err >&2", uri_json(source)));
  EXPECT_EQ(launch(cat("exec ", program_, " run ", file, " --no-cache")).status, exited(0));
  EXPECT_EQ(read_file(in_sandbox("stdout")), "out\n");
  EXPECT_THAT(read_file(in_sandbox("stderr")), ::testing::EndsWith("err\n"));
}

TEST_F(MesosLaunch, M10_StandardOutputAndErrorBelongToTheUser) {
  EXPECT_EQ(launch(wrapped(shell_entry("echo appended >> stdout"), "--stdio=sandbox")).status,
            exited(0));
  for (const char* name : {"stdout", "stderr"}) {
    struct stat found {};
    ASSERT_EQ(::stat(in_sandbox(name).c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, kNobody);
    EXPECT_EQ(found.st_mode & 0777U, 0644U);
  }
}

TEST_F(MesosLaunch, M11_DestroyWhileFetchingKillsTheFetch) {
  RawServer server(silent());
  for (const char* words : {"-q", "-q --supervise"}) {
    const std::string text =
        shell_entry("touch started", uri_json(server.uri("/x"), R"(,"output_file":"x")"));
    const std::size_t before = server.requests().size();
    auto outcome = launch_aside(wrapped(text, words));
    while (server.requests().size() == before) ::usleep(2000);
    EXPECT_TRUE(agent().destroy(id_));
    const Outcome ended = outcome.get();
    EXPECT_EQ(ended.status, SIGKILL);
    sandbox_ = ended.sandbox;
    EXPECT_FALSE(exists(in_sandbox("started")));
    EXPECT_FALSE(exists(in_sandbox("x")));
  }
}

// strace(1) holds the first mount until slipway has been told to end.
TEST_F(MesosLaunch, M12_DestroyWhilePreparingEndsIt) {
  dir_.make_directory("host");
  make_sandbox(As::kRoot);
  const std::string file =
      dir_.write("e.json", shell_entry("touch started", "",
                                       cat(R"("volume_mounts":[{"mode":"RO","host_path":")",
                                           dir_ / "host", R"(","container_path":"v"}])")));
  const std::string log = dir_ / "log";
  RunningProgram slipway({"/usr/bin/strace", "-f", "-qq", "-o", log, "-e", "trace=mount_setattr",
                          "-e", "inject=mount_setattr:delay_enter=60000000", program_, "run", file,
                          "--sandbox", sandbox(), "--supervise"});
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while ((!exists(log) || read_file(log).find("mount_setattr") == std::string::npos) &&
         std::chrono::steady_clock::now() < deadline) {
    ::usleep(2000);
  }
  ::kill(child_of(slipway.pid()), SIGTERM);
  EXPECT_EQ(slipway.wait(), 128 + SIGTERM) << slipway.err();
  EXPECT_THAT(placed(), Not(::testing::Contains("started")));
}

TEST_F(MesosLaunch, M17_TheExecutorHasThePidThatWasStarted) {
  const std::string file = dir_.write("e.json", shell_entry("echo pid $$"));
  make_sandbox(As::kRoot);
  RunningProgram slipway({program_, "run", file, "--sandbox", sandbox(), "--no-cache"});
  EXPECT_EQ(slipway.told_pid("pid "), slipway.pid());
  EXPECT_EQ(slipway.wait(), 0);
}

TEST_F(MesosLaunch, M19_TheAgentsEnvironmentDoesNotReachTheExecutor) {
  flags_.environment.emplace_back("AGENT_SECRET=marker");
  EXPECT_EQ(launch(cat("LEAKED=marker ", wrapped(shell_entry("env")))).status, exited(0));
  EXPECT_THAT(read_file(in_sandbox("stdout")),
              AllOf(Not(HasSubstr("marker")), HasSubstr("MESOS_SLAVE_ID=S0\n")));
}

TEST_F(MesosLaunch, M21_WhenTheExecutorEndsWhatItStartedIsKilled) {
  const std::string line = cat("(setsid sh -c 'trap \"\" TERM; echo $$ > p; mv p pid; ", kForEver,
                               "' &); until [ -e pid ]; do sleep 0.01; done; exit 1");
  const auto outcome = launch(wrapped(shell_entry(line), "-q --supervise --kill-after=100ms"));
  EXPECT_EQ(outcome.status, exited(1));
  const auto left = static_cast<pid_t>(std::stol(read_file(in_sandbox("pid"))));
  EXPECT_FALSE(is_running(left));
}

TEST_F(MesosLaunch, M22_TermToTheLaunchHelperIsForwardedAndTheStatusSaysSo) {
  auto outcome = launch_aside(wrapped(shell_entry("echo $$ > p; mv p pid; exec sleep 1000")));
  pid_in("pid");
  ::kill(agent().await_pid(id_), SIGTERM);
  EXPECT_EQ(outcome.get().status, SIGTERM) << "the raw wait status";

  outcome = launch_aside(wrapped(
      shell_entry(cat("trap 'exit 7' TERM; echo $$ > p; mv p pid; ", kForEver)), "--supervise"));
  pid_in("pid");
  ::kill(agent().await_pid(id_), SIGTERM);
  EXPECT_EQ(outcome.get().status, exited(7));
}

TEST_F(MesosLaunch, X01_ATimeLimitKillsASlowFetchWithAllItStarted) {
  const std::string pid_file = dir_.write("pid", "", 0666);
  dir_.write(
      "hadoop/bin/hadoop",
      cat("#!/bin/sh\n[ \"$1\" = version ] && exit 0\necho $$ > ", pid_file, "\nexec sleep 1000\n"),
      0755);
  const std::string settings =
      dir_.write("s.toml", cat("[fetch]\nhadoop_home = \"", dir_ / "hadoop", "\"\n"));
  const auto result = run(shell_entry("touch started", uri_json("hdfs://localhost/x")), As::kRoot,
                          {"--settings", settings, "--timeout=1s", "--retries=0"});
  EXPECT_EQ(result.exit_code, 125) << result.err;
  EXPECT_THAT(placed(), IsEmpty());
  EXPECT_FALSE(is_running(static_cast<pid_t>(std::stol(read_file(pid_file)))));
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
  const std::string pid_file = dir_.write("pid", "", 0666);
  dir_.write(
      "hadoop/bin/hadoop",
      cat("#!/bin/sh\n[ \"$1\" = version ] && exit 0\necho $$ > ", pid_file, "\nexec sleep 1000\n"),
      0755);
  flags_.hadoop_home = dir_ / "hadoop";
  flags_.executor_registration_timeout = std::chrono::seconds(1);
  EXPECT_THAT(launch("touch started", {{.value = "hdfs://localhost/x"}}).failure,
              HasSubstr("Failed to fetch all URIs"));
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_TRUE(ends_within(static_cast<pid_t>(std::stol(read_file(pid_file))), kPatience));
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
