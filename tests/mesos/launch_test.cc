// M: mesos_containerizer_tests.cpp and the nested containers of Mesos; what slipway is asked to do
// in them, started by the agent's stand-in or by hand.
#include <signal.h>
#include <sys/stat.h>

#include "tests/mesos/launch_fixture.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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

// strace(1) holds the first mount and says so in its log.
TEST_F(MesosLaunch, M12_DestroyWhilePreparingEndsIt) {
  dir_.make_directory("host");
  make_sandbox(As::kRoot);
  const std::string file =
      dir_.write("e.json", shell_entry("touch started", "",
                                       cat(R"("volume_mounts":[{"mode":"RO","host_path":")",
                                           dir_ / "host", R"(","container_path":"v"}])")));
  RunningProgram slipway({"/usr/bin/strace", "-D", "-f", "-q", "-o", dir_ / "log", "-e",
                          "trace=mount_setattr", "-e",
                          "inject=mount_setattr:delay_enter=1500ms:when=1", program_, "run", file,
                          "--sandbox", sandbox()});
  await_text(dir_ / "log", "mount_setattr(");
  slipway.signal(SIGTERM);
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

}  // namespace
}  // namespace slipway::tests
