#include "launcher/entry/entry_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSample[] =
    R"([{"executor":{"name":"myExecutor","command":{"value":"myExecutor.a","shell":"false","arguments":)"
    R"(["localhost:2181","-verbose","-config myConfiguration.config"],"uris":[{"value":"/dist/myExecutor.a",)"
    R"("executable":true,"extract":false,"cache":true},{"value":"/home/user/myConfiguration.config",)"
    R"("executable":false,"extract":false,"cache":false}]},"resources":[{"name":"cpus","type":"SCALAR",)"
    R"("scalar":{"value":1.00}},{"name":"mem","type":"SCALAR","scalar":{"value":512}}]},"volume_mounts":)"
    R"([{"mode":"RO","container_path":"/path/on/container","host_path":"/path/to/host/directory"},)"
    R"({"mode":"RW","container_path":"/container","host_path":"/host"}],"task_prefix":"my-executor-"}])";

TEST(EntryJson, TheDocumentedSampleIsRead) {
  const auto parsed = parse_entries(kSample);
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(parsed.warnings, IsEmpty());
  ASSERT_EQ(parsed.entries.size(), 1U);
  const Entry& entry = parsed.entries[0];
  EXPECT_EQ(entry.name, "myExecutor");
  EXPECT_EQ(entry.task_prefix, "my-executor-");
  const auto& command = std::get<ProgramCommand>(entry.command);
  EXPECT_EQ(command.value, "myExecutor.a");
  EXPECT_THAT(command.arguments,
              ElementsAre("localhost:2181", "-verbose", "-config myConfiguration.config"));
  ASSERT_EQ(entry.uris.size(), 2U);
  EXPECT_EQ(entry.uris[0].treatment, fetcher::Treatment::kExecutable);
  EXPECT_EQ(entry.uris[0].cache, fetcher::CacheUse::kYes);
  EXPECT_EQ(entry.uris[1].treatment, fetcher::Treatment::kPlain);
  EXPECT_EQ(entry.resources.cpus, 1.0);
  EXPECT_EQ(entry.resources.mem_mb, 512U);
  ASSERT_EQ(entry.volumes.size(), 2U);
  EXPECT_EQ(entry.volumes[0].access, mounts::Access::kReadOnly);
  EXPECT_EQ(std::get<sandbox::AbsolutePath>(entry.volumes[1].container_path).str(), "/container");
}

// An entry whose command, executor and rest can be varied.
std::string entry(std::string_view command, std::string_view executor_rest = R"("resources":[])",
                  std::string_view rest = R"("task_prefix":"p-")") {
  return cat(R"({"executor":{"name":"e","command":)", command, ",", executor_rest, "},", rest, "}");
}

std::vector<std::string> problems_of(std::string_view text) {
  std::vector<std::string> out;
  for (const Problem& problem : parse_entries(text).problems)
    out.push_back(describe(problem, text, "f"));
  return out;
}

TEST(EntryJson, Q01ASingleEntryMayStandAlone) {
  const auto parsed = parse_entries(entry(R"({"value":"v"})"));
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(std::get<ShellCommand>(parsed.entries[0].command).line, "v")
      << "shell is true by default";
}

TEST(EntryJson, Q02SeveralEntries) {
  const std::string one = entry(R"({"value":"v"})");
  std::string other = one;
  other.replace(other.find("\"e\""), 3, "\"f\"");
  const auto parsed = parse_entries(cat("[", one, ",", other, "]"));
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.entries[1].name, "f");
  EXPECT_THAT(problems_of(cat("[", one, ",\n", one, "]")),
              ElementsAre("f:2:21: /1/executor/name: the executor 'e' is there twice (give each a "
                          "name of its own) [E-NAME-TWICE]"));
}

TEST(EntryJson, Q03InvalidJson) {
  EXPECT_THAT(problems_of("this is not json"), ElementsAre(HasSubstr("f:1:2: not JSON")));
  EXPECT_THAT(problems_of(""),
              ElementsAre("f:1:1: not JSON: the text ends too early (it is empty: "
                          "slipway-executors(5) has an example of what belongs there) [E-JSON]"));
}

TEST(EntryJson, Q04MissingFields) {
  EXPECT_THAT(problems_of(R"([{"executor":{}}])"),
              ElementsAre("f:1:2: /0: lacks the required 'task_prefix' [E-KEY-MISSING]",
                          "f:1:14: /0/executor: lacks the required 'name' [E-KEY-MISSING]",
                          "f:1:14: /0/executor: lacks the required 'command' [E-KEY-MISSING]",
                          "f:1:14: /0/executor: lacks the required 'resources' [E-KEY-MISSING]"));
  EXPECT_THAT(problems_of(R"([{"task_prefix":""}])"),
              ElementsAre("f:1:2: /0: lacks the required 'executor' [E-KEY-MISSING]"));
  EXPECT_THAT(problems_of(R"([{"task_prefix":null,"executor":null}])").size(), 2U)
      << "null is unset";
}

TEST(EntryJson, TheRootIsAnArrayThatIsNotEmptyOrOneEntry) {
  EXPECT_THAT(problems_of("[]"), ElementsAre(HasSubstr("f:1:1: the array is empty")));
  EXPECT_THAT(problems_of("7"),
              ElementsAre(HasSubstr("is a number; an array of executor entries")));
  EXPECT_THAT(problems_of("[7]"),
              ElementsAre("f:1:2: /0: is a number; an object is expected [E-TYPE]"));
}

TEST(EntryJson, EveryProblemIsReportedAtOnce) {
  const auto problems = problems_of(entry(
      R"({"value":"","shell":1,"arguments":[1],"uris":[{"value":"a\\b"},{}]})",
      R"("resources":[{"name":"cpus","type":"RANGES","scalar":{"value":-1}}])",
      R"("task_prefix":"p","volume_mounts":[{"mode":"ro","host_path":"x","container_path":"/proc/1"}])"));
  EXPECT_THAT(
      problems,
      ElementsAre(
          HasSubstr("/executor/command/value: is empty"),
          HasSubstr("/executor/command/shell: is a number; true or false is expected"),
          HasSubstr("/executor/command/arguments/0: is a number; a string is expected"),
          HasSubstr("/executor/command/uris/0/value: the URI 'a\\\\b' contains a backslash"),
          HasSubstr("/executor/command/uris/1: lacks the required 'value' [E-KEY-MISSING]"),
          HasSubstr("/executor/resources/0/type: is 'RANGES'; SCALAR is expected"),
          HasSubstr("/executor/resources/0/scalar/value: is -1"),
          HasSubstr("/volume_mounts/0/mode: is 'ro'; RO or RW is expected"),
          HasSubstr("/volume_mounts/0/host_path: 'x' is not an absolute path"),
          HasSubstr("/volume_mounts/0/container_path:")));
}

TEST(EntryJson, BooleansMayBeWrittenAsAuroraTakesThem) {
  for (const char* text : {"false", "\"false\"", "\"False\""}) {
    const auto parsed = parse_entries(entry(cat(R"({"value":"v","shell":)", text, "}")));
    ASSERT_THAT(parsed.problems, IsEmpty()) << text;
    EXPECT_TRUE(std::holds_alternative<ProgramCommand>(parsed.entries[0].command)) << text;
  }
  for (const char* text : {"null", "true", "\"True\""}) {
    const auto parsed = parse_entries(entry(cat(R"({"value":"v","shell":)", text, "}")));
    ASSERT_THAT(parsed.problems, IsEmpty()) << text;
    EXPECT_TRUE(std::holds_alternative<ShellCommand>(parsed.entries[0].command)) << text;
  }
  EXPECT_EQ(problems_of(entry(R"({"value":"v","shell":"FALSE"})")).size(), 1U);
}

TEST(EntryJson, UriFlagsHaveMesosDefaults) {
  const auto parsed = parse_entries(entry(R"({"value":"v","uris":[{"value":"/a.tgz"}]})"));
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.entries[0].uris[0].treatment, fetcher::Treatment::kExtract);
  EXPECT_EQ(parsed.entries[0].uris[0].cache, fetcher::CacheUse::kNo);
}

TEST(EntryJson, F07OutputFileMustStayInTheSandbox) {
  for (const char* text : {"/subdir/custom.txt", "..", "a/../../b", "", "."}) {
    EXPECT_EQ(problems_of(entry(cat(R"({"value":"v","uris":[{"value":"/a","output_file":")", text,
                                    R"("}]})")))
                  .size(),
              1U)
        << text;
  }
}

TEST(EntryJson, ContainerPathsThatAreRefused) {
  for (const char* text : {"/", "/proc", "/proc/self", "/sys", "/dev", "/dev/null", "/a/../b", "..",
                           ".", "", "a/..", ".slipway", ".slipway/x", "/x\\u0000y"}) {
    const auto problems = problems_of(entry(
        R"({"value":"v"})", R"("resources":[])",
        cat(R"("task_prefix":"p","volume_mounts":[{"mode":"RO","host_path":"/h","container_path":")",
            text, R"("}])")));
    EXPECT_THAT(problems, ElementsAre(HasSubstr("/volume_mounts/0/container_path"))) << text;
  }
}

TEST(EntryJson, S07VolumesOfOtherKindsAreErrors) {
  EXPECT_THAT(problems_of(entry(
                  R"({"value":"v"})", R"("resources":[])",
                  R"("task_prefix":"p","volume_mounts":[{"mode":"RO","container_path":"c"}])")),
              ElementsAre(HasSubstr("lacks the required 'host_path' [E-KEY-MISSING]")));
  EXPECT_THAT(
      problems_of(entry(
          R"({"value":"v"})", R"("resources":[])",
          R"("task_prefix":"p","volume_mounts":[{"mode":"RO","container_path":"c","host_path":"/h","image":{}}])")),
      ElementsAre(
          HasSubstr("/volume_mounts/0/image: is a kind of volume that slipway cannot mount")));
}

TEST(EntryJson, UnknownKeysAreWarningsWithTheirPlace) {
  const std::string text = entry(R"({"value":"v","vale":1})");
  const auto parsed = parse_entries(text);
  EXPECT_THAT(parsed.problems, IsEmpty());
  ASSERT_EQ(parsed.warnings.size(), 1U);
  EXPECT_EQ(parsed.warnings[0].pointer, "/executor/command/vale");
  EXPECT_EQ(parsed.warnings[0].offset, text.find("\"vale\""));
}

TEST(EntryJson, DuplicateKeysAreProblems) {
  EXPECT_THAT(problems_of(entry(R"({"value":"v","value":"w"})")),
              ElementsAre(HasSubstr("/executor/command/value: the key is there twice;")));
}

TEST(EntryJson, ANulByteIsAProblemWhereverAStringIsRead) {
  EXPECT_THAT(problems_of(entry(R"({"value":"v\u0000w"})")),
              ElementsAre(HasSubstr("contains a NUL byte")));
}

TEST(EntryJson, ResourcesAreTheOverheadOfOneExecutor) {
  const auto with = [](std::string_view list) {
    return entry(R"({"value":"v"})", cat(R"("resources":)", list));
  };
  const auto scalar = [](std::string_view name, std::string_view value) {
    return cat(R"({"name":")", name, R"(","type":"SCALAR","scalar":{"value":)", value, "}}");
  };
  EXPECT_THAT(problems_of(with(cat("[", scalar("cpus", "0.25"), ",", scalar("mem", "128"), "]"))),
              IsEmpty());
  EXPECT_THAT(problems_of(with(cat("[", scalar("cpus", "1"), ",", scalar("cpus", "1"), "]"))),
              ElementsAre(HasSubstr("listed twice")));
  EXPECT_THAT(problems_of(with(cat("[", scalar("mem", "1.5"), "]"))),
              ElementsAre(HasSubstr("whole number of MB")));
  EXPECT_THAT(problems_of(with(cat("[", scalar("mem", "1e400"), "]"))).size(), 1U);
  EXPECT_THAT(problems_of(with(R"([{"name":"cpus","type":"SCALAR"}])")),
              ElementsAre(HasSubstr("'scalar'")));
  const auto disk = parse_entries(with(cat("[", scalar("disk", "1"), "]")));
  EXPECT_THAT(disk.problems, IsEmpty());
  EXPECT_EQ(disk.warnings.size(), 1U);
}

TEST(EntryJson, X30EnvironmentVariablesMustBePlainValues) {
  const auto with = [](std::string_view variable) {
    return entry(cat(R"({"value":"v","environment":{"variables":[)", variable, "]}}"));
  };
  const auto good =
      parse_entries(with(R"({"name":"A","value":"1"},{"name":"A","value":"2","type":"VALUE"})"));
  ASSERT_THAT(good.problems, IsEmpty());
  EXPECT_EQ(good.entries[0].environment.size(), 2U);
  EXPECT_THAT(problems_of(with(R"({"name":"A"})")),
              ElementsAre(HasSubstr("lacks the required 'value' [E-KEY-MISSING]")));
  EXPECT_THAT(problems_of(with(R"({"name":"A","type":"SECRET","secret":{}})")),
              ElementsAre(HasSubstr("secrets")));
  EXPECT_THAT(problems_of(with(R"({"name":"A=B","value":""})")),
              ElementsAre(HasSubstr("is no name")));
  EXPECT_THAT(problems_of(with(R"({"name":"","value":""})")), ElementsAre(HasSubstr("is no name")));
}

TEST(EntryJson, NoSecretOfAUriIsInAMessage) {
  for (const char* uri :
       {"hdfs://u:marker@h/x", "http://u:marker@h/", "http://h/x y?marker", "ftp://h/x?marker"}) {
    for (const std::string& problem :
         problems_of(entry(cat(R"({"value":"v","uris":[{"value":")", uri, R"("}]})")))) {
      EXPECT_EQ(problem.find("marker"), std::string::npos) << problem;
    }
  }
}

}  // namespace
}  // namespace slipway::launcher
