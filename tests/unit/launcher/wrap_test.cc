#include "launcher/command/wrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;

const Wrapping kWhole{"/usr/bin/slipway", Fetching::kBySlipway, {}};
const Wrapping kMounts{"/usr/bin/slipway", Fetching::kByAgent, {}};

std::string all_of(const std::vector<Problem>& problems, std::string_view text) {
  std::string out;
  for (const Problem& each : problems) out += describe(each, text, "f") + "\n";
  return out;
}

std::string wrapped(std::string_view text, const Wrapping& wrapping, const std::string& name = "") {
  const auto result = wrap(text, name, wrapping);
  EXPECT_EQ(all_of(result.problems, text), "") << text;
  return result.json;
}
std::string unwrapped(std::string_view text, const std::string& name = "") {
  const auto result = unwrap(text, name);
  EXPECT_EQ(all_of(result.problems, text), "") << text;
  return result.json;
}
std::string problems_of_wrap(std::string_view text, const std::string& name = "") {
  const auto result = wrap(text, name, kWhole);
  EXPECT_EQ(result.json, "");
  return all_of(result.problems, text);
}
std::string problems_of_unwrap(std::string_view text) {
  const auto result = unwrap(text, "");
  EXPECT_EQ(result.json, "");
  return all_of(result.problems, text);
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_FALSE(text.empty()) << path;
  for (std::size_t at = 0; (at = text.find("@DIR@")) != std::string::npos;) {
    text.replace(at, 5, "/dir");
  }
  for (std::size_t at = 0; (at = text.find("@HTTP@")) != std::string::npos;) {
    text.replace(at, 6, "http://127.0.0.1:1");
  }
  return text;
}

// One of everything, odd but legal.
constexpr char kOdd[] =
    R"({"labels":{"labels":[{"key":"k","value":null}]},"volume_mounts":[{"mode":"RO","container_path":"/c",)"
    R"("host_path":"/h"}],"executor":{"framework_id":null,"resources":[{"name":"cpus","type":"SCALAR",)"
    R"("scalar":{"value":1.0}},{"type":"SCALAR","name":"mem","scalar":{"value":1e3}}],"command":{"user":"nobody",)"
    R"("shell":"false","value":"p\u00e9\"\\\/\u0001 \ud83d\udea2","arguments":[],"odd":{"n":-0.0,"big":12345678901234567890123,"b":true},)"
    R"("environment":{"variables":[{"name":"A","value":"ü=\n"}]},"uris":[{"value":"http://u:p@h/x?s=1","cache":"True"}]},)"
    R"("name":"odd","shutdown_grace_period":{"nanoseconds":30000000000}},"task_prefix":"odd-","x\u0000y":"\u0000"})";

std::vector<std::string> entries() {
  std::vector<std::string> all;
  for (const char* name : {"documented-sample", "corrected", "compose-style"}) {
    all.push_back(text_of_file(cat(SLIPWAY_EXAMPLES, "/", name, ".json")));
  }
  const auto command = [&](std::string_view text, std::string_view rest = "") {
    all.push_back(cat(R"({"executor":{"name":"e","command":)", text,
                      R"(,"resources":[]},"task_prefix":"p")", rest, "}"));
  };
  command(R"({"value":"true"})");
  command(
      R"({"value":"true","uris":null,"user":null,"environment":null,"arguments":null,"shell":null})");
  command(R"({"value":"true","uris":[],"arguments":[],"environment":{}})",
          R"(,"volume_mounts":null)");
  command(R"({"uris":[{"value":"/a"}],"value":"true","user":"u"})", R"(,"volume_mounts":[])");
  command(
      R"({"value":"x","shell":false,"environment":{"variables":[{"name":"SLIPWAY_CPUS","value":"1"}]}})");
  all.emplace_back(cat("[", kOdd, ",", all.back(), "]"));
  all.push_back("\xef\xbb\xbf" + all.back());
  return all;
}

TEST(Wrap, UnwrapGivesTheSameValueBack) {
  for (const std::string& text : entries()) {
    const auto value = [](const std::string& of) { return nlohmann::json::parse(of); };
    for (const Wrapping& wrapping : {kWhole, kMounts}) {
      EXPECT_EQ(value(unwrapped(wrapped(text, wrapping))), value(text)) << text;
    }
    EXPECT_EQ(value(unwrapped(text)), value(text)) << "not wrapped";
  }
}

TEST(Wrap, WrappingAgainChangesNothing) {
  for (const std::string& text : entries()) {
    for (const Wrapping& wrapping : {kWhole, kMounts}) {
      const std::string once = wrapped(text, wrapping);
      EXPECT_EQ(wrapped(once, wrapping), once);
      // The members of the command may have changed places.
      EXPECT_EQ(nlohmann::json::parse(unwrapped(wrapped(wrapped(text, kMounts), wrapping))),
                nlohmann::json::parse(text));
    }
  }
}

TEST(Wrap, WhatRunTakesIsTheInnerEntryAsItStands) {
  for (const std::string& text : entries()) {
    const auto outer = nlohmann::json::parse(wrapped(text, kWhole));
    const auto& first = outer.is_array() ? outer[0] : outer;
    const auto& variables = first["executor"]["command"]["environment"]["variables"];
    const auto parsed = parse_entries(variables[0]["value"].get<std::string>());
    EXPECT_THAT(parsed.problems, IsEmpty()) << text;
    EXPECT_EQ(parsed.entries.size(), 1U);
    EXPECT_THAT(parse_entries(outer.dump()).problems, IsEmpty());
  }
}

TEST(Wrap, SpellingsOfNumbersAndTheOrderOfMembersSurvive) {
  const std::string again = unwrapped(wrapped(kOdd, kWhole));
  EXPECT_THAT(again, AllOf(HasSubstr(": 1.0\n"), HasSubstr(": 1e3\n"), HasSubstr("-0.0"),
                           HasSubstr("12345678901234567890123"), HasSubstr("\\u0001")));
  std::vector<std::string> names;
  const auto document = sandbox::parse_json(again);
  ASSERT_TRUE(document);
  for (const auto& member : document->root.members) names.push_back(member.name);
  EXPECT_THAT(names, ElementsAre("labels", "volume_mounts", "executor", "task_prefix",
                                 std::string("x\0y", 3)));
}

TEST(Wrap, TheOuterCommandIsSlipwayWithTheEntryInTheEnvironment) {
  const auto outer = Json::parse(wrapped(
      R"({"executor":{"name":"e","command":{"value":"./x -v","user":"u","uris":[{"value":"/a"}]},"resources":[]},)"
      R"("task_prefix":"p","volume_mounts":[{"host_path":"/h","container_path":"c","mode":"RW"}]})",
      {"/opt/slipway", Fetching::kBySlipway, {"--env", "A=b c"}}));
  const std::string inner =
      R"({"executor":{"name":"e","command":{"value":"./x -v","uris":[{"value":"/a"}]},"resources":[]},)"
      R"("task_prefix":"p","volume_mounts":[{"host_path":"/h","container_path":"c","mode":"RW"}]})";
  const Json expected = {
      {"executor",
       {{"name", "e"},
        {"command",
         {{"value", "/opt/slipway"},
          {"shell", false},
          {"arguments", {"slipway", "run", "--inherit-env", "--env", "A=b c"}},
          {"environment",
           {{"variables", Json::array({{{"name", "SLIPWAY_ENTRY"}, {"value", inner}}})}}},
          {"user", "u"}}},
        {"resources", Json::array()}}},
      {"task_prefix", "p"}};
  EXPECT_EQ(outer.dump(2), expected.dump(2));
}

TEST(Wrap, MountsOnlyLeavesTheUrisToTheAgent) {
  const std::string text =
      R"({"executor":{"name":"e","command":{"uris":[{"value":"/a","cache":true}],"value":"x"},"resources":[]},"task_prefix":"p"})";
  const auto outer = nlohmann::json::parse(wrapped(text, kMounts));
  const auto& command = outer["executor"]["command"];
  EXPECT_EQ(command["uris"], nlohmann::json::parse(R"([{"value":"/a","cache":true}])"));
  EXPECT_EQ(
      command["environment"]["variables"][0]["value"],
      R"({"executor":{"name":"e","command":{"value":"x"},"resources":[]},"task_prefix":"p"})");
}

std::string two() {
  const auto one = [](std::string_view name) {
    return cat(R"({"executor":{"name":")", name,
               R"(","command":{"value":"x"},"resources":[]},"task_prefix":"p"})");
  };
  return cat("[", one("first"), ",", one("second"), "]");
}

TEST(Wrap, TheNamedEntryAloneIsChanged) {
  const auto before = nlohmann::json::parse(two());
  const std::string text = wrapped(two(), kWhole, "second");
  const auto after = nlohmann::json::parse(text);
  EXPECT_EQ(after[0], before[0]);
  EXPECT_EQ(after[1]["executor"]["command"]["value"], "/usr/bin/slipway");
  EXPECT_EQ(nlohmann::json::parse(unwrapped(text, "first")), after);
  EXPECT_EQ(nlohmann::json::parse(unwrapped(text, "second")), before);
}

TEST(Wrap, AnExecutorThatIsNotThereIsAProblemThatNamesThoseThatAre) {
  EXPECT_EQ(problems_of_wrap(two(), "secnd"),
            "f:1:1: no executor is named 'secnd' (there is: 'first', 'second'); did you mean "
            "'second'? [E-NO-SUCH-EXECUTOR]\n");
}

TEST(Wrap, EveryMistakeOfTheConfigurationIsSaid) {
  EXPECT_THAT(problems_of_wrap(R"([{"executor":{"name":"e","name":"f"}},{"task_prefix":1}])"),
              AllOf(HasSubstr("the key is there twice"), HasSubstr("lacks the required 'command'"),
                    HasSubstr("/1/task_prefix")));
  EXPECT_THAT(problems_of_wrap("{"), HasSubstr("not JSON"));
  EXPECT_THAT(
      problems_of_wrap(
          R"({"executor":{"name":"e","command":{"value":"x","environment":{"variables":[{"name":"S","type":"SECRET",)"
          R"("secret":{"value":{"data":"eA=="}}}]}},"resources":[]},"task_prefix":"p"})"),
      HasSubstr("secrets are resolved by a Mesos agent"));
}

TEST(Wrap, AnEntryThatIsTooLongForAVariableIsRefusedToTheByte) {
  const auto with = [](std::size_t length) {
    return cat(R"({"executor":{"name":"e","command":{"value":")", std::string(length, 'x'),
               R"("},"resources":[]},"task_prefix":"p"})");
  };
  constexpr std::size_t kMost = 128 * 1024 - 1 - 14;  // "SLIPWAY_ENTRY=" has 14 bytes
  const std::size_t room = kMost - with(0).size();
  EXPECT_EQ(
      problems_of_wrap(with(room + 1)),
      "f:1:1: the executor 'e' has 131058 bytes as the variable SLIPWAY_ENTRY, which can have "
      "131057 (execve(2)): --mounts-only leaves the URIs out of it, or shorten the entry "
      "[E-WRAP]\n");
  EXPECT_NE(wrapped(with(room), kWhole), "");
}

TEST(Wrap, WrappingAgainTakesTheNewOptionsAndNestsNothing) {
  const std::string old = wrapped(two(), {"/old", Fetching::kBySlipway, {"--no-cache"}});
  EXPECT_EQ(wrapped(old, kWhole), wrapped(two(), kWhole));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

constexpr char kPlain[] =
    R"({"executor":{"name":"old","command":{"value":"x","user":"u"},"resources":[]},"task_prefix":"old-"})";

TEST(Wrap, AMessageOfMesosIsNoConfiguration) {
  for (const char* text :
       {R"({"value":"x"})", R"({"command":{"value":"x"},"executor_id":{"value":"e"}})",
        R"({"task_id":{"value":"t"},"executor":{"command":{"value":"x"}}})",
        R"({"task_id":{"value":"t"},"command":{"value":"x"}})",
        R"({"sandbox_directory":"/s","items":[]})", R"(Fetcher Info: {"sandbox_directory":"/s"})",
        R"(MESOS_FETCHER_INFO={"sandbox_directory":"/s"})"}) {
    EXPECT_THAT(problems_of_wrap(text), HasSubstr("-custom_executor_config")) << text;
    EXPECT_THAT(problems_of_unwrap(text), HasSubstr("-custom_executor_config")) << text;
  }
}

TEST(Unwrap, AnInnerEntryThatIsAMessageOfMesosIsRefused) {
  const std::string text = wrapped(
      R"({"executor":{"name":"e","command":{"value":"x"},"resources":[]},"task_prefix":"p"})",
      kWhole);
  for (const char* inner :
       {R"({\"value\":\"x\"})", R"(Fetcher Info: {\"sandbox_directory\":\"/s\"})"}) {
    auto document = Json::parse(text);
    document["executor"]["command"]["environment"]["variables"][0]["value"] =
        Json::parse(cat('"', inner, '"'));
    EXPECT_THAT(problems_of_unwrap(document.dump()), HasSubstr("is not one entry"));
  }
}

TEST(Unwrap, WhatWasEditedOutsideSinceWins) {
  std::string text = wrapped(kPlain, kWhole);
  text = replaced(text, R"("name": "old")", R"("name": "new")");
  text = replaced(text, R"("user": "u")", R"("user": "v")");
  text = replaced(text, R"("resources": [])", R"("resources": [], "source": "s")");
  text = replaced(text, R"("task_prefix": "old-")", R"("task_prefix": "new-", "labels": 1)");
  EXPECT_EQ(
      nlohmann::json::parse(unwrapped(text)),
      nlohmann::json::parse(
          R"({"executor":{"name":"new","command":{"value":"x","user":"v"},"resources":[],"source":"s"},)"
          R"("task_prefix":"new-","labels":1})"));
}

TEST(Unwrap, AnInnerEntryThatIsNoneIsAnErrorThatNamesTheExecutor) {
  const std::string text = wrapped(kPlain, kWhole);
  EXPECT_THAT(problems_of_unwrap(replaced(text, R"({\"executor\")", R"({\"exekutor\")")),
              HasSubstr("SLIPWAY_ENTRY of the executor 'old':1:1: lacks the required 'executor'"));
  EXPECT_THAT(problems_of_unwrap(replaced(text, R"({\"executor\")", R"({{\"executor\")")),
              HasSubstr("SLIPWAY_ENTRY of the executor 'old':1:2: not JSON"));
  EXPECT_THAT(problems_of_unwrap(replaced(replaced(text, R"("value": "{)", R"("value": "[{)"),
                                          R"(old-\"}")", R"(old-\"}]")")),
              HasSubstr("is not one entry"));
}

TEST(Unwrap, WhatWasAddedToTheWrappedCommandIsNotThrownAway) {
  const std::string text = wrapped(kPlain, kWhole);
  EXPECT_THAT(problems_of_unwrap(replaced(text, R"("shell": false)", R"("shell": false, "k": 1)")),
              HasSubstr("the executor 'old': the key 'k' was added to the wrapped command"));
  EXPECT_THAT(problems_of_unwrap(replaced(text, R"("variables": [)",
                                          R"("variables": [{"name":"A","value":"1"},)")),
              HasSubstr("a variable beside SLIPWAY_ENTRY was added"));
  EXPECT_THAT(problems_of_unwrap(replaced(text, R"("shell": false)", R"("shell": true)")),
              HasSubstr("its command is not 'slipway run'"));
  EXPECT_THAT(
      problems_of_unwrap(replaced(
          text, R"("task_prefix")",
          R"("volume_mounts":[{"host_path":"/h","container_path":"c","mode":"RW"}],"task_prefix")")),
      HasSubstr("volume_mounts were added outside"));
  const std::string with_uris =
      wrapped(replaced(kPlain, R"("value":"x")", R"("value":"x","uris":[{"value":"/a"}])"), kWhole);
  EXPECT_THAT(problems_of_unwrap(replaced(with_uris, R"("shell": false)",
                                          R"("shell": false, "uris": [{"value":"/b"}])")),
              HasSubstr("/executor/command/uris: are there beside those in SLIPWAY_ENTRY"));
}

TEST(Unwrap, UrisThatWereAddedOutsideComeInWhereThereAreNone) {
  const std::string text = replaced(wrapped(kPlain, kWhole), R"("shell": false)",
                                    R"("shell": false, "uris": [{"value":"/b"}])");
  EXPECT_EQ(nlohmann::json::parse(unwrapped(text))["executor"]["command"]["uris"][0]["value"],
            "/b");
}

}  // namespace
}  // namespace slipway::launcher
