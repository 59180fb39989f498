// `slipway wrap`, and what it writes started as a Mesos agent starts it.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "launcher/base/c_strings.h"
#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/raw_server.h"
#include "tests/support/running_program.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

pid_t launched = 0;  // of a process that passes signals on

void pass_on(int number) {
  ::kill(launched, number);
}

// Returns in a new child; the caller passes SIGTERM on to it and ends as it does.
void stay_as_parent() {
  launched = ::fork();
  if (launched == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  ::signal(SIGTERM, &pass_on);
  int status = 0;
  while (::waitpid(launched, &status, 0) < 0 && errno == EINTR) continue;
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

class Wrapped : public SlipwayTest {
 protected:
  Wrapped() {
    dir_.make_directory("ro");
    dir_.write("ro/readable", "from the host");
    dir_.make_directory("rw", 0777);
    EXPECT_EQ(::chmod((dir_ / "rw").c_str(), 0777), 0);
    make_sandbox(As::kOrdinaryUser);
  }

  std::string volumes() {
    return cat(R"("volume_mounts":[{"mode":"RO","container_path":"/wrapped-ro","host_path":")",
               dir_ / "ro", R"("},{"mode":"RW","container_path":"/container","host_path":")",
               dir_ / "rw", R"("}])");
  }
  std::string probe_entry(std::string_view arguments) {
    return cat(
        "[",
        entry(
            cat(R"({"value":"probe","shell":false,"arguments":["probe",)", arguments,
                R"(],"environment":{"variables":[{"name":"OWN","value":"1"}]},"uris":[{"value":")",
                probe_, R"(","executable":true,"cache":false}]})"),
            volumes()),
        "]");
  }

  // What the scheduler hands to an agent: the one entry's command.
  Json wrap(const std::string& text, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"wrap", "-", "--program", program_});
    const auto result = slipway(words, As::kRoot, {}, text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const Json config = Json::parse(result.out, nullptr, false);
    EXPECT_TRUE(config.is_array()) << result.out;
    EXPECT_FALSE(config[0].contains("volume_mounts"));
    return config[0]["executor"]["command"];
  }

  std::vector<std::string> agents_environment(const Json& command) {
    const std::string box = sandbox();
    std::vector<std::string> all{
        "LIBPROCESS_IP=127.0.0.1",
        "LIBPROCESS_PORT=0",
        "MESOS_AGENT_ENDPOINT=127.0.0.1:5051",
        "MESOS_CHECKPOINT=1",
        cat("MESOS_DIRECTORY=", box),
        "MESOS_EXECUTOR_ID=test-1",
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD=5secs",
        "MESOS_FRAMEWORK_ID=f",
        "MESOS_HTTP_COMMAND_EXECUTOR=0",
        "MESOS_RECOVERY_TIMEOUT=15mins",
        cat("MESOS_SANDBOX=", box),
        "MESOS_SLAVE_ID=s",
        "MESOS_SLAVE_PID=slave(1)@127.0.0.1:5051",
        "MESOS_SUBSCRIPTION_BACKOFF_MAX=2secs",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    for (const auto& variable : command["environment"]["variables"]) {
      all.push_back(
          cat(variable["name"].get<std::string>(), '=', variable["value"].get<std::string>()));
    }
    return all;
  }

  // As `mesos-containerizer launch`: the leader of a session, the task's user, passes signals on
  // and ends as the executor does; that is started by execve with the arguments verbatim.
  RunningProgram::Setup as_agent(const Json& command) {
    const std::string program = command["value"];
    const std::vector<std::string> words = command["arguments"];
    const std::vector<std::string> environment = agents_environment(command);
    const std::string box = sandbox();
    RunningProgram::Setup setup;
    setup.before_exec = [=] {
      if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) {
        ::_exit(99);
      }
      stay_as_parent();  // here the test stands in for the agent
      if (::setsid() < 0 || ::chdir(box.c_str()) != 0) ::_exit(98);
      stay_as_parent();
      ::execve(program.c_str(), launcher::c_strings(words).data(),
               launcher::c_strings(environment).data());
      ::_exit(97);
    };
    return setup;
  }

  void expect_executor_as_asked(const Json& command) {
    RunningProgram agent({"/bin/false"}, as_agent(command));
    EXPECT_EQ(agent.wait(), 42) << agent.err();
    const std::string& out = agent.out();
    EXPECT_EQ(value(out, "read"), "from the host") << agent.err();
    EXPECT_THAT(values(out, "create"), ElementsAre("EROFS", "ok"));
    EXPECT_EQ(value(out, "write"), "ok");
    EXPECT_EQ(read_file(dir_ / "rw/made"), "data");
    EXPECT_EQ(value(out, "cwd"), sandbox());
    EXPECT_EQ(value(out, "Uid"), "65534 65534 65534 65534");
    EXPECT_EQ(value(out, "fds"), "0 1 2");
    const auto environment = values(out, "env");
    EXPECT_THAT(environment,
                AllOf(Contains("OWN=1"), Contains("MESOS_EXECUTOR_ID=test-1"),
                      Contains("MESOS_SLAVE_PID=slave(1)@127.0.0.1:5051"),
                      Contains(cat("MESOS_SANDBOX=", sandbox())),
                      Contains("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD=5secs"),
                      Not(Contains(StartsWith("SLIPWAY_"))), Not(Contains(StartsWith("HOME=")))));
    EXPECT_FALSE(exists("/container"));
    EXPECT_FALSE(exists("/wrapped-ro"));
  }

  std::string questions() {
    return R"("ids","fds","cwd","env","read","/wrapped-ro/readable","writable","/wrapped-ro",)"
           R"("writable","/container","write","/container/made","data","exit","42")";
  }
};

TEST_F(Wrapped, AnAgentThatStartsItGetsTheExecutorWithItsUrisAndVolumes) {
  const Json command = wrap(probe_entry(questions()));
  EXPECT_FALSE(command.contains("uris"));
  expect_executor_as_asked(command);
  EXPECT_THAT(placed(), ElementsAre("probe"));
}

TEST_F(Wrapped, MountsOnlyRunsWhatTheAgentHasFetched) {
  const Json command = wrap(probe_entry(questions()), {"--mounts-only"});
  EXPECT_EQ(command["uris"][0]["value"], probe_);
  EXPECT_EQ(run_program({"install", "-m", "0755", probe_, sandbox() + "/probe"}).exit_code, 0);
  expect_executor_as_asked(command);
}

TEST_F(Wrapped, OptionsOfRunReachTheWrappedRun) {
  const Json command = wrap(probe_entry(R"("env")"), {"--", "--env", "GIVEN=a b", "--supervise"});
  RunningProgram agent({"/bin/false"}, as_agent(command));
  EXPECT_EQ(agent.wait(), 0) << agent.err();
  EXPECT_THAT(values(agent.out(), "env"), Contains("GIVEN=a b"));
}

TEST_F(Wrapped, NoOptionOfRunLetsTheEntryReachTheExecutor) {
  const std::string environ = dir_.write("environ", "SLIPWAY_ENTRY={}\nFROM_FILE=1\n");
  const Json command =
      wrap(probe_entry(R"("env")"), {"--", "--env", "SLIPWAY_ENTRY", "--env-file", environ});
  RunningProgram agent({"/bin/false"}, as_agent(command));
  EXPECT_EQ(agent.wait(), 0) << agent.err();
  EXPECT_THAT(values(agent.out(), "env"),
              AllOf(Contains("FROM_FILE=1"), Not(Contains(StartsWith("SLIPWAY_ENTRY")))));
}

class WrappedSignal : public Wrapped, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(All, WrappedSignal, ::testing::Bool(), [](const auto& tested) {
  return tested.param ? "Supervised" : "InPlace";
});

TEST_P(WrappedSignal, SigtermOfTheAgentReachesTheExecutor) {
  const std::string text = cat("[",
                               shell_entry("trap 'echo terminated; exit 7' TERM; echo ready: $$; "
                                           "while :; do sleep 0.02; done",
                                           "", volumes()),
                               "]");
  const Json command = wrap(text, GetParam() ? std::vector<std::string>{"--", "--supervise"}
                                             : std::vector<std::string>());
  RunningProgram agent({"/bin/false"}, as_agent(command));
  const pid_t executor = agent.told_pid("ready: ");
  EXPECT_TRUE(is_running(executor));
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.wait(), 7) << agent.err();
  EXPECT_THAT(agent.out(), HasSubstr("terminated"));
  EXPECT_TRUE(ends_within(executor, kPatience));
}

// The agent shows what is in the sandbox to whoever may see its sandboxes.
TEST_F(Wrapped, NothingInAnAgentsSandboxHoldsASecret) {
  const RawServer server([](Exchange& request) { request.respond("200 OK", "x"); });
  const std::string uri =
      server.uri("/x?sig=SECRET").insert(std::string_view("http://").size(), "me:SECRET@");
  const std::string text = shell_entry("cat x; echo $FROM_STORE$NAMED",
                                       cat(R"({"value":")", uri, R"(","output_file":"x"})"));
  const std::vector<std::string> ways[] = {
      {}, {"--sandbox", sandbox()}, {"--sandbox", sandbox() + "/below"}};
  for (std::vector<std::string> words : ways) {
    words.insert(words.begin(), {"--", "--inherit-env", "--env", "NAMED"});
    Json command = wrap(cat("[", text, "]"), words);
    for (const char* name : {"MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "FROM_STORE", "NAMED"}) {
      command["environment"]["variables"].push_back({{"name", name}, {"value", "SECRET"}});
    }
    RunningProgram agent({"/bin/false"}, as_agent(command));
    EXPECT_EQ(agent.wait(), 0) << agent.err();
    EXPECT_EQ(agent.out(), "xSECRETSECRET\n") << "the executor has it";
  }
  int records = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(sandbox())) {
    if (!each.is_regular_file()) continue;
    EXPECT_THAT(read_file(each.path()), Not(HasSubstr("SECRET"))) << each.path();
    records += each.path().filename() == "entry.json" ? 1 : 0;
  }
  EXPECT_EQ(records, 2);
  const auto shown = slipway({"plan", sandbox()});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.err, AllOf(HasSubstr("the environment is not complete"),
                               HasSubstr("the URIs are not complete")));
}

TEST_F(Wrapped, UnwrapGivesTheConfigurationBack) {
  const std::string text = probe_entry(R"("env")");
  const auto there = slipway({"wrap", "-", "--mounts-only"}, As::kOrdinaryUser, {}, text);
  const auto back = slipway({"unwrap", dir_.write("wrapped.json", there.out)}, As::kOrdinaryUser);
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_EQ(Json::parse(back.out, nullptr, false), Json::parse(text));
}

TEST_F(Wrapped, ProblemsAreSaidWithTheirPlaceAndNothingIsWritten) {
  const std::string file = dir_.write("bad.json", "[\n  {\"executor\": 1}\n]\n");
  for (const char* command : {"wrap", "unwrap"}) {
    const auto result = slipway({command, file});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr(cat(file, ":2:16: /0/executor")),
                                  HasSubstr("lacks the required 'task_prefix'")));
  }
  const auto usage = slipway({"wrap", file, "--", "--no-such"});
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_EQ(usage.out, "");
  EXPECT_EQ(slipway({"wrap", dir_ / "missing"}).exit_code, 1);
}

TEST_F(Wrapped, AnEntryOfTheGreatestLengthCanBeStarted) {
  const std::string rest = shell_entry("exit 3 # ");
  const std::string text =
      shell_entry("exit 3 # " + std::string(128 * 1024 - 1 - 14 - rest.size(), 'x'));
  const Json command = wrap("[" + text + "]");
  EXPECT_EQ(command["environment"]["variables"][0]["value"].get<std::string>().size(), 131057U);
  RunningProgram agent({"/bin/false"}, as_agent(command));
  EXPECT_EQ(agent.wait(), 3) << agent.err();
}

}  // namespace
}  // namespace slipway::tests
