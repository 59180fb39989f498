// Mesos's own messages as entries.
#include "launcher/entry/mesos_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::vector<std::string> told(const std::vector<Problem>& problems, std::string_view text) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) out.push_back(describe(problem, text, "f"));
  return out;
}
std::vector<std::string> problems_of(std::string_view text) {
  return told(parse_entries(text).problems, text);
}

struct Read {
  Entry entry;
  std::vector<std::string> warnings;
};
Read read_with_warnings(std::string_view text) {
  auto parsed = parse_entries(text);
  EXPECT_THAT(told(parsed.problems, text), IsEmpty()) << text;
  EXPECT_THAT(parsed.entries, SizeIs(1)) << text;
  if (parsed.entries.size() != 1) return {};
  return {std::move(parsed.entries[0]), told(parsed.warnings, text)};
}
Entry read(std::string_view text) {
  auto [entry, warnings] = read_with_warnings(text);
  EXPECT_THAT(warnings, IsEmpty()) << text;
  return std::move(entry);
}

std::string line_of(const Entry& entry) {
  const auto* shell = std::get_if<ShellCommand>(&entry.command);
  return shell == nullptr ? "(none)" : shell->line;
}

// An ExecutorInfo with more than its command.
std::string executor(std::string_view rest) {
  return cat(R"({"executor_id":{"value":"id"},"command":{"value":"true"},)", rest, "}");
}
std::string with_volume(std::string_view volume) {
  return executor(cat(R"("container":{"type":"MESOS","volumes":[)", volume, "]}"));
}
// A Volume whose paths inside and mode are good.
std::string volume(std::string_view rest) {
  return cat(R"({"container_path":"inside","mode":"RO")", rest.empty() ? "" : ",", rest, "}");
}

constexpr std::string_view kExecutorInfo =
    R"({"type":"CUSTOM","executor_id":{"value":"thermos-1"},"framework_id":{"value":"f"},)"
    R"("command":{"uris":[{"value":"/x/a.tar.gz","executable":false,"extract":true,"cache":true,)"
    R"("output_file":"b.tar.gz"}],"environment":{"variables":[{"name":"A","type":"VALUE","value":"1"}]},)"
    R"("shell":false,"value":"a","arguments":["a","b c"],"user":"nobody"},"name":"thermos",)"
    R"("source":"s","resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.25},"role":"*"},)"
    R"({"name":"mem","type":"SCALAR","scalar":{"value":128.0},"role":"*"}],)"
    R"("container":{"type":"MESOS","volumes":[{"mode":"RW","container_path":"/in","host_path":"/host"}]},)"
    R"("labels":{"labels":[{"key":"k","value":"v"}]},"data":"AAE=","discovery":{"visibility":"CLUSTER"}})";

TEST(MesosEntry, AnExecutorInfoIsRead) {
  const Entry entry = read(kExecutorInfo);
  EXPECT_EQ(entry.name, "thermos");
  EXPECT_EQ(entry.task_prefix, "");
  EXPECT_EQ(entry.executor_id, "thermos-1");
  EXPECT_EQ(entry.user, "nobody");
  const auto& command = std::get<ProgramCommand>(entry.command);
  EXPECT_EQ(command.value, "a");
  EXPECT_THAT(command.arguments, ElementsAre("a", "b c"));
  EXPECT_THAT(entry.environment, ElementsAre(Pair("A", "1")));
  ASSERT_THAT(entry.uris, SizeIs(1));
  EXPECT_EQ(entry.uris[0].cache, fetcher::CacheUse::kYes);
  EXPECT_EQ(entry.uris[0].output_file->str(), "b.tar.gz");
  EXPECT_EQ(entry.uris[0].extract_said, fetcher::Said::kByDefault)
      << "Mesos writes the default out: that is no wish";
  EXPECT_EQ(entry.resources.cpus, 0.25);
  EXPECT_EQ(entry.resources.mem_mb, 128U);
  ASSERT_THAT(entry.volumes, SizeIs(1));
  EXPECT_EQ(entry.volumes[0].host_path.str(), "/host");
  EXPECT_EQ(entry.volumes[0].access, mounts::Access::kReadWrite);
}

TEST(MesosEntry, AnExecutorOfStateIsRead) {
  const Entry entry = read(
      R"({"executor_id":"e-1","name":"","framework_id":"f","command":{"shell":false,"value":"x",)"
      R"("argv":["x","y"],"uris":[{"value":"/x/y","executable":true,"extract":false,"cache":false}]},)"
      R"("resources":{"cpus":0.1,"mem":32.9,"disk":5,"gpus":0,"ports":"[31000-32000]"},"type":"CUSTOM"})");
  EXPECT_EQ(entry.name, "e-1") << "without a name the id is it";
  EXPECT_EQ(entry.executor_id, "e-1");
  EXPECT_THAT(std::get<ProgramCommand>(entry.command).arguments, ElementsAre("x", "y"));
  EXPECT_EQ(entry.uris.at(0).treatment, fetcher::Treatment::kExecutable);
  EXPECT_EQ(entry.resources.cpus, 0.1);
  EXPECT_EQ(entry.resources.mem_mb, 32U);
}

TEST(MesosEntry, ACommandInfoIsRead) {
  const Entry entry =
      read(R"({"value":"echo x","uris":[{"value":"/a","extract":"false"}],"user":"nobody"})");
  EXPECT_EQ(entry.name, "executor");
  EXPECT_EQ(line_of(entry), "echo x");
  EXPECT_EQ(entry.uris.at(0).treatment, fetcher::Treatment::kPlain);
  EXPECT_EQ(entry.user, "nobody");
  EXPECT_EQ(entry.executor_id, std::nullopt);
  EXPECT_EQ(line_of(read(R"({"command":{"value":"x"}})")), "x") << "an ExecutorInfo of little";
}

TEST(MesosEntry, ATaskInfoOfEitherVersionIsItsExecutor) {
  for (const char* agent : {R"("slave_id":{"value":"a"})", R"("agent_id":{"value":"a"})"}) {
    const Entry entry =
        read(cat(R"({"name":"task","task_id":{"value":"t"},)", agent,
                 R"(,"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":9}}],)"
                 R"("executor":)",
                 kExecutorInfo, "}"));
    EXPECT_EQ(entry.name, "thermos");
    EXPECT_EQ(entry.executor_id, "thermos-1");
    EXPECT_EQ(entry.resources.cpus, 0.25) << "the executor's own, not the task's";
    EXPECT_THAT(entry.volumes, SizeIs(1));
  }
}

TEST(MesosEntry, ATaskInfoWithACommandIsWhatTheCommandExecutorRuns) {
  const Entry entry = read(
      R"({"name":"task","task_id":{"value":"t-1"},"slave_id":{"value":"a"},"command":{"value":"x"},)"
      R"("container":{"type":"MESOS","volumes":[{"mode":"RO","container_path":"in","host_path":"/h"}]}})");
  EXPECT_EQ(entry.name, "task");
  EXPECT_EQ(entry.executor_id, "t-1") << "Mesos names its command executor after the task";
  EXPECT_EQ(line_of(entry), "x");
  EXPECT_THAT(entry.volumes, SizeIs(1));
  EXPECT_EQ(
      read(R"({"id":"t","name":"","slave_id":"a","command":{"value":"x","shell":true,"argv":[]}})")
          .executor_id,
      "t")
      << "in /state";
}

TEST(MesosEntry, TheNameIsTheExecutorsThenItsIdThenTheTasks) {
  const auto name_of_task = [](std::string_view executor_rest, std::string_view task_rest) {
    return read(cat(R"({"task_id":{"value":"t"},"executor":{"command":{"value":"x"})",
                    executor_rest, "}", task_rest, "}"))
        .name;
  };
  EXPECT_EQ(name_of_task(R"(,"name":"n","executor_id":{"value":"e"})", R"(,"name":"task")"), "n");
  EXPECT_EQ(name_of_task(R"(,"executor_id":{"value":"e"})", R"(,"name":"task")"), "e");
  EXPECT_EQ(name_of_task("", R"(,"name":"task")"), "task");
  EXPECT_EQ(name_of_task("", ""), "executor");
}

TEST(MesosEntry, AnExecutorIdIsCheckedAsMesosChecksIt) {
  for (const char* id : {R"("")", R"("a/b")", R"("..")", R"({"value":"a\\b"})"}) {
    EXPECT_THAT(problems_of(cat(R"({"command":{"value":"x"},"executor_id":)", id, "}")),
                ElementsAre(HasSubstr("/executor_id")))
        << id;
  }
  EXPECT_THAT(problems_of(R"({"command":{"value":"x"},"executor_id":7})"),
              ElementsAre(HasSubstr("is a number; a string is expected")));
  EXPECT_THAT(problems_of(R"({"command":{"value":"x"},"executor_id":{}})"),
              ElementsAre(HasSubstr("lacks the required 'value'")));
}

TEST(MesosEntry, ResourcesAreSummedOverRolesAndOthersIgnored) {
  const Entry entry = read(executor(
      R"("resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.5},"role":"a"},)"
      R"({"name":"cpus","type":"SCALAR","scalar":{"value":"0.25"},"reservations":[{"role":"b"}]},)"
      R"({"name":"mem","type":"SCALAR","scalar":{"value":10.75}},)"
      R"({"name":"mem","type":"SCALAR","scalar":{"value":1.5}},)"
      R"({"name":"ports","type":"RANGES","ranges":{"range":[{"begin":1,"end":2}]}},)"
      R"({"name":"disk","type":"SCALAR","scalar":{"value":-4}},{"name":"x","type":"SET","set":{}}])"));
  EXPECT_EQ(entry.resources.cpus, 0.75);
  EXPECT_EQ(entry.resources.mem_mb, 12U) << "rounded down after the sum";
  const Entry single =
      read(executor(R"("resources":{"name":"mem","type":"SCALAR","scalar":{"value":3}})"));
  EXPECT_EQ(single.resources.mem_mb, 3U) << "one element";
  EXPECT_EQ(single.resources.cpus, std::nullopt);
}

TEST(MesosEntry, AResourceThatIsNoNumberIsAProblem) {
  const auto cpus = [](std::string_view value) {
    return problems_of(executor(cat(R"("resources":{"cpus":)", value, "}")));
  };
  for (const char* value : {"-1", "true", R"("x")", "1e300"}) {
    EXPECT_THAT(cpus(value), ElementsAre(HasSubstr("/resources/cpus"))) << value;
  }
  EXPECT_THAT(problems_of(executor(R"("resources":[{"name":"mem","type":"SCALAR"}])")),
              ElementsAre(HasSubstr("lacks the required 'scalar'")));
}

TEST(MesosEntry, UnknownKeysAreNoMatterAndNullIsUnset) {
  const Entry entry =
      read(R"({"zoo":[1],"executor_id":null,"name":null,"resources":null,"container":null,)"
           R"("command":{"value":"x","zoo":1,"shell":"true","uris":null,"environment":null}})");
  EXPECT_EQ(entry.name, "executor");
  EXPECT_EQ(line_of(entry), "x");
}

TEST(MesosEntry, WhatIsNoArrayIsItsOneElement) {
  const Entry entry = read(R"({"value":"x","shell":false,"arguments":"x","uris":{"value":"/a"},)"
                           R"("environment":{"variables":{"name":"A","value":"1"}}})");
  EXPECT_THAT(std::get<ProgramCommand>(entry.command).arguments, ElementsAre("x"));
  EXPECT_THAT(entry.uris, SizeIs(1));
  EXPECT_THAT(entry.environment, SizeIs(1));
}

TEST(MesosEntry, ACommandIsNeeded) {
  EXPECT_THAT(problems_of(R"({"executor_id":{"value":"e"},"type":"DEFAULT"})"),
              ElementsAre(HasSubstr("lacks the required 'command'")));
  EXPECT_THAT(problems_of(R"({"uris":[{"value":"/a"}]})"),
              ElementsAre(HasSubstr("lacks the required 'value'")));
  EXPECT_THAT(problems_of(R"({"task_id":{"value":"t"},"state":"TASK_RUNNING"})"),
              ElementsAre(HasSubstr("neither 'executor' nor 'command'")));
}

TEST(MesosEntry, AnObjectOfNoKnownShapeIsToldWhatIsRecognised) {
  for (const char* text : {"{}", R"({"id":"x","source":"s"})", R"({"zoo":1})"}) {
    EXPECT_THAT(
        problems_of(text),
        ElementsAre(AllOf(HasSubstr("Aurora"), HasSubstr("ExecutorInfo"), HasSubstr("CommandInfo"),
                          HasSubstr("TaskInfo"), HasSubstr("FetcherInfo"))))
        << text;
  }
}

TEST(MesosEntry, AWholeStateIsToBeCut) {
  for (const char* text : {R"({"version":"1.11.0","id":"m","frameworks":[],"slaves":[]})",
                           R"({"id":"a","completed_frameworks":[],"frameworks":[]})"}) {
    EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("cut out the object"))) << text;
  }
}

TEST(MesosEntry, AurorasEntryStaysAuroras) {
  EXPECT_THAT(problems_of(R"({"executor":{"command":{"value":"x"}},"volume_mounts":[]})"),
              SizeIs(3));
  EXPECT_THAT(problems_of(R"({"executor":{"name":"n","command":{"value":"x"},"resources":[]}})"),
              ElementsAre(HasSubstr("lacks the required 'task_prefix'")));
}

TEST(MesosEntry, AKeyThatIsThereTwiceIsAProblemOnce) {
  EXPECT_THAT(problems_of(R"({"command":{"value":"x","value":"y"}})"),
              ElementsAre(HasSubstr("/command/value: the key is there twice")));
  EXPECT_THAT(problems_of(R"({"sandbox_directory":"/s","user":"a","user":"b"})"),
              ElementsAre(HasSubstr("/user: FetcherInfo: the key is there twice")));
}

// S07 of Mesos's tests (common/validation), and what of it can be mounted here.
TEST(MesosVolume, S07ExactlyOneOfHostPathImageAndSource) {
  const char* const host = R"("host_path":"/h")";
  const char* const image = R"("image":{"type":"DOCKER","docker":{"name":"i"}})";
  const char* const source = R"("source":{"type":"HOST_PATH","host_path":{"path":"/s"}})";
  for (const std::string& rest : {std::string(), cat(host, ",", image), cat(host, ",", source),
                                  cat(image, ",", source), cat(host, ",", image, ",", source)}) {
    EXPECT_THAT(problems_of(with_volume(volume(rest))),
                ElementsAre(HasSubstr("/container/volumes/0: Only one of them should be set: "
                                      "'host_path', 'image' and 'source'")))
        << rest;
  }
  EXPECT_EQ(read(with_volume(volume(host))).volumes.at(0).host_path.str(), "/h");
  EXPECT_EQ(read(with_volume(volume(source))).volumes.at(0).host_path.str(), "/s");
  EXPECT_THAT(problems_of(with_volume(volume(image))),
              ElementsAre(HasSubstr("/container/volumes/0/image: is a volume from an image")));
}

TEST(MesosVolume, S07ASourceNeedsTheMessageOfItsType) {
  const std::pair<const char*, const char*> rows[] = {{"HOST_PATH", "host_path"},
                                                      {"SANDBOX_PATH", "sandbox_path"},
                                                      {"DOCKER_VOLUME", "docker_volume"},
                                                      {"SECRET", "secret"},
                                                      {"CSI_VOLUME", "csi_volume"}};
  for (const auto& row : rows) {
    EXPECT_THAT(
        problems_of(with_volume(volume(cat(R"("source":{"type":")", row.first, R"(","zoo":{}})")))),
        ElementsAre(HasSubstr(cat("/source: lacks the required '", row.second, "'"))));
    if (std::string_view(row.first) == "HOST_PATH") continue;
    EXPECT_THAT(problems_of(with_volume(volume(
                    cat(R"("source":{"type":")", row.first, R"(",")", row.second, R"(":{}})")))),
                ElementsAre(HasSubstr(
                    cat("is a volume of the type ", row.first, ", which slipway cannot mount"))));
  }
}

TEST(MesosVolume, ASourceHasAType) {
  EXPECT_THAT(problems_of(with_volume(volume(R"("source":{"host_path":{"path":"/s"}})"))),
              ElementsAre(HasSubstr("lacks the required 'type'")));
  EXPECT_THAT(problems_of(with_volume(volume(R"("source":{"type":"UNKNOWN"})"))),
              ElementsAre(HasSubstr("'UNKNOWN' is no type")));
}

TEST(MesosVolume, WhatTheExecutorMountsStaysInside) {
  const auto with_mode = [](std::string_view propagation) {
    return with_volume(volume(cat(R"("source":{"type":"HOST_PATH","host_path":{"path":"/s",)",
                                  R"("mount_propagation":)", propagation, "}}")));
  };
  for (const char* mode :
       {"null", "{}", R"({"mode":"UNKNOWN"})", R"({"mode":"HOST_TO_CONTAINER"})"}) {
    EXPECT_THAT(read(with_mode(mode)).volumes, SizeIs(1)) << mode;
  }
  EXPECT_THAT(problems_of(with_mode(R"({"mode":"BIDIRECTIONAL"})")),
              ElementsAre(HasSubstr("mount_propagation/mode: is 'BIDIRECTIONAL': slipway can")));
}

TEST(MesosVolume, ARelativeHostPathIsNotTakenAsOneInTheSandbox) {
  EXPECT_THAT(problems_of(with_volume(volume(R"("host_path":"data")"))),
              ElementsAre(HasSubstr("Mesos takes it as a path in the sandbox, slipway does not")));
  EXPECT_THAT(problems_of(with_volume(
                  volume(R"("source":{"type":"HOST_PATH","host_path":{"path":"data"}})"))),
              ElementsAre(HasSubstr("'data' is relative")));
}

TEST(MesosVolume, ModeAndContainerPathAreRequired) {
  EXPECT_THAT(problems_of(with_volume(R"({"host_path":"/h"})")),
              ElementsAre(HasSubstr("lacks the required 'container_path'"),
                          HasSubstr("lacks the required 'mode'")));
  for (const char* mode : {R"("ro")", "2", R"("")"}) {
    EXPECT_THAT(problems_of(with_volume(
                    cat(R"({"host_path":"/h","container_path":"x","mode":)", mode, "}"))),
                ElementsAre(HasSubstr("/volumes/0/mode")))
        << mode;
  }
}

TEST(MesosVolume, AnImageIsNotUsedAndSaidSoOnce) {
  for (const char* container :
       {R"({"type":"DOCKER","docker":{"image":"i"},"mesos":{"image":{}}})", R"({"type":"DOCKER"})",
        R"({"type":"MESOS","mesos":{"image":{"type":"DOCKER","docker":{"name":"i"}}}})"}) {
    const auto found = read_with_warnings(executor(cat(R"("container":)", container)));
    EXPECT_THAT(found.warnings, ElementsAre(AllOf(HasSubstr("/container: the image is not used"),
                                                  HasSubstr("this host's files"))))
        << container;
  }
  EXPECT_THAT(read(executor(R"("container":{"type":"MESOS","mesos":{}})")).volumes, IsEmpty());
  EXPECT_THAT(read(executor(R"("container":"0b1c")")).volumes, IsEmpty()) << "an id, in /state";
}

TEST(MesosVolume, TheTasksContainerCountsBeforeTheExecutors) {
  const auto found =
      read_with_warnings(cat(R"({"task_id":{"value":"t"},"container":{"type":"MESOS","volumes":[)",
                             volume(R"("host_path":"/task")"), R"(]},"executor":)",
                             with_volume(volume(R"("host_path":"/executor")")), "}"));
  ASSERT_THAT(found.entry.volumes, SizeIs(1));
  EXPECT_EQ(found.entry.volumes[0].host_path.str(), "/task");
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("/executor/container: is not used")));
}

constexpr std::string_view kFetcherInfo =
    R"({"cache_directory":"/c/nobody","frameworks_home":"/home/f","items":[)"
    R"({"action":"BYPASS_CACHE","uri":{"cache":false,"extract":true,"value":"/a.tar"}},)"
    R"({"action":"DOWNLOAD_AND_CACHE","cache_filename":"c1-b","uri":{"executable":true,"value":"http:\/\/h\/b"}},)"
    R"({"action":"RETRIEVE_FROM_CACHE","cache_filename":"c2-c","uri":{"extract":false,)"
    R"("output_file":"d/c","value":"rel/c"}}],"sandbox_directory":"/s",)"
    R"("stall_timeout":{"nanoseconds":60000000000},"user":"nobody"})";

TEST(FetcherInfoEntry, ItHasUrisAndNoCommand) {
  const Entry entry = read(kFetcherInfo);
  EXPECT_EQ(entry.name, "fetch");
  EXPECT_TRUE(std::holds_alternative<NoCommand>(entry.command));
  EXPECT_EQ(entry.user, "nobody");
  ASSERT_THAT(entry.uris, SizeIs(3));
  EXPECT_EQ(entry.uris[0].cache, fetcher::CacheUse::kNo);
  EXPECT_EQ(entry.uris[0].treatment, fetcher::Treatment::kExtract);
  EXPECT_EQ(entry.uris[0].extract_said, fetcher::Said::kByDefault);
  EXPECT_EQ(entry.uris[1].uri.str(), "http://h/b");
  EXPECT_EQ(entry.uris[1].cache, fetcher::CacheUse::kYes);
  EXPECT_EQ(entry.uris[1].treatment, fetcher::Treatment::kExecutable);
  EXPECT_EQ(entry.uris[2].uri.target(), "/home/f/rel/c");
  EXPECT_EQ(entry.uris[2].cache, fetcher::CacheUse::kYes);
  EXPECT_EQ(entry.uris[2].treatment, fetcher::Treatment::kPlain);
  EXPECT_EQ(entry.uris[2].output_file->str(), "d/c");
}

TEST(FetcherInfoEntry, ItIsFoundInALineOfALogOrAVariable) {
  std::string in_double_quotes;
  for (const char c : kFetcherInfo) {
    if (c == '"' || c == '\\') in_double_quotes += '\\';
    in_double_quotes += c;
  }
  const std::string texts[] = {
      cat("I1125 18:00:00.000000   123 fetcher.cpp:533] Fetcher Info: ", kFetcherInfo, "\n"),
      cat("Starting\nFetcher Info: ", kFetcherInfo, "\r\nI1125 fetcher.cpp:1] Fetching {x}\n"),
      cat("MESOS_FETCHER_INFO=", kFetcherInfo, "\n"),
      cat("A=b", std::string_view("\0", 1), "MESOS_FETCHER_INFO=", kFetcherInfo,
          std::string_view("\0", 1), "Z=1"),
      cat("MESOS_FETCHER_INFO='", kFetcherInfo, "' mesos-fetcher\n"),
      cat("declare -x MESOS_FETCHER_INFO=\"", in_double_quotes, "\"\n"),
  };
  for (const std::string& text : texts) EXPECT_THAT(read(text).uris, SizeIs(3)) << text;
}

TEST(FetcherInfoEntry, AProblemHasItsPlaceInTheWholeText) {
  EXPECT_THAT(problems_of("x\n] Fetcher Info: {\"sandbox_directory\":\"/s\",\"user\":4}"),
              ElementsAre("f:2:50: /user: FetcherInfo: Not expecting a JSON number for field "
                          "'user' [E-FETCHER-INFO]"));
  EXPECT_THAT(problems_of("Fetcher Info: {\"sandbox_directory\":\"/s\""),
              ElementsAre(HasSubstr("FetcherInfo: not JSON")));
  EXPECT_THAT(problems_of("MESOS_FETCHER_INFO="), ElementsAre(HasSubstr("FetcherInfo: not JSON")));
  EXPECT_THAT(problems_of("Fetcher Information"), ElementsAre(HasSubstr("not JSON")));
}

TEST(FetcherInfoEntry, AUriThatIsNoneIsAProblemWithoutItsSecrets) {
  EXPECT_THAT(
      problems_of(R"({"sandbox_directory":"/s","items":[{"action":"BYPASS_CACHE","uri":{"value":)"
                  R"("http://u:secret@h/\\x?q=secret"}},{"action":"BYPASS_CACHE","uri":{"value":)"
                  R"("/a","output_file":"../b"}}]})"),
      ElementsAre(AllOf(HasSubstr("/items/0/uri/value"), ::testing::Not(HasSubstr("secret"))),
                  AllOf(HasSubstr("/items/1/uri/value"), HasSubstr("output_file"))));
}

}  // namespace
}  // namespace slipway::launcher
