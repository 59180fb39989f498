#include "launcher/entry/entry_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/entry/entry_json.h"
#include "launcher/plan/record.h"
#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// Every field of an entry as text, by other means than the writer's.
std::string fields(const Entry& entry) {
  std::string out = cat(entry.name, '\0', entry.task_prefix, '\0', entry.user.value_or("(none)"));
  if (const auto* shell = std::get_if<ShellCommand>(&entry.command)) {
    out += cat("\nshell ", shell->line);
  } else {
    const auto& program = std::get<ProgramCommand>(entry.command);
    out += cat("\nprogram ", program.value, '\0', join(program.arguments, std::string(1, '\0')));
    out += cat('\0', program.arguments.size());
  }
  for (const auto& [name, value] : entry.environment) out += cat("\nvariable ", name, '\0', value);
  for (const auto& each : entry.uris) {
    out += cat("\nuri ", each.uri.str(), '\0', static_cast<int>(each.treatment), ' ',
               static_cast<int>(each.cache), ' ',
               each.output_file ? each.output_file->str() : std::string("/"));
  }
  for (const auto& each : entry.volumes) {
    out += cat("\nvolume ", each.host_path.str(), '\0', each.container_path.index(),
               mounts::text_of(each.container_path), '\0', static_cast<int>(each.access));
  }
  const auto& [cpus, mem] = entry.resources;
  return out + cat("\ncpus ", cpus ? text_of(*cpus) : "none", " mem ", mem ? cat(*mem) : "none");
}

void expect_round_trip(std::string_view text) {
  const auto first = parse_entries(text);
  ASSERT_THAT(first.problems, IsEmpty()) << text;
  for (const Entry& entry : first.entries) {
    const auto written = write_entry(entry);
    const auto again = parse_entries(written.json);
    ASSERT_THAT(again.problems, IsEmpty()) << written.json;
    EXPECT_THAT(again.warnings, IsEmpty()) << written.json;
    ASSERT_EQ(again.entries.size(), 1U);
    EXPECT_EQ(fields(again.entries[0]), fields(entry));
    EXPECT_EQ(written.left_out.variables, 0U);
  }
}

std::string json_of(std::string_view text) {
  sandbox::JsonWriter json;
  return json.string(text).str();
}

TEST(EntryWriter, TheDocumentedSampleComesBack) {
  expect_round_trip(
      R"([{"executor":{"name":"myExecutor","command":{"value":"myExecutor.a","shell":"false","arguments":)"
      R"(["localhost:2181","-verbose","-config my.config"],"uris":[{"value":"/dist/myExecutor.a",)"
      R"("executable":true,"extract":false,"cache":true},{"value":"/home/user/my.config",)"
      R"("executable":false,"extract":false,"cache":false}]},"resources":[{"name":"cpus","type":"SCALAR",)"
      R"("scalar":{"value":1.00}},{"name":"mem","type":"SCALAR","scalar":{"value":512}}]},"volume_mounts":)"
      R"([{"mode":"RO","container_path":"/path/on/container","host_path":"/path/to/host/directory"},)"
      R"({"mode":"RW","container_path":"/container","host_path":"/host"}],"task_prefix":"my-executor-"}])");
}

TEST(EntryWriter, EveryFieldComesBack) {
  expect_round_trip(
      R"({"executor":{"name":"e","command":{"value":"run $x","user":"nobody","environment":{"variables":)"
      R"([{"name":"B","value":""},{"name":"A","value":"1"},{"name":"B","value":"2"}]},"uris":[)"
      R"({"value":"  https://u:secret@host/a.tgz?sig=x#f","cache":true,"output_file":"d/e f"},)"
      R"({"value":"file:///x y.zip","extract":true},{"value":"/plain","extract":false}]},"resources":)"
      R"([{"name":"cpus","type":"SCALAR","scalar":{"value":0.1}},{"name":"mem","type":"SCALAR",)"
      R"("scalar":{"value":8999999999999999}}]},"task_prefix":"","volume_mounts":[{"mode":"RW",)"
      R"("host_path":"/a b","container_path":"in/side"}]})");
  expect_round_trip(
      R"({"executor":{"name":"e","command":{"value":"v","shell":false},"resources":[]},"task_prefix":"p"})");
}

TEST(EntryWriter, StrangeTextsComeBack) {
  std::string controls;
  for (char c = 1; c < 0x20; ++c) controls += c;
  for (const std::string& text :
       {std::string("\"\\/'"), controls + "\x7f", std::string("two\nlines\r\n\ttab"),
        std::string("\u00fcn\u00ef \u4e2d \U0001f6a2 \u0085 \u2028 \ufeff"),
        std::string(70'000, 'x'), std::string("\\u0041 ${x} $(y) `z` !1"),
        std::string(" blank ")}) {
    const std::string json = json_of(text);
    expect_round_trip(cat(R"({"executor":{"name":)", json, R"(,"command":{"value":)", json,
                          R"(,"shell":false,"arguments":[)", json, R"(,"",)", json,
                          R"(],"environment":{"variables":[{"name":)", json, R"(,"value":)", json,
                          R"(}]}},"resources":[]},"task_prefix":)", json, "}"));
  }
}

TEST(Record, IsTheEntryWithItsUserAndTheWholeEnvironment) {
  auto entry =
      parse_entries(
          R"({"executor":{"name":"e","command":{"value":"v","user":"root","environment":)"
          R"({"variables":[{"name":"A","value":"entry"}]}},"resources":[]},"task_prefix":"p"})")
          .entries.at(0);
  sandbox::Environment environment;
  environment.set("B", "2", sandbox::EnvSource::kAccount);
  environment.set("A", "option", sandbox::EnvSource::kOption);
  const auto named = parse_entries(make_record(entry, {7, 7, {}, "alice", "/home/alice", "/bin/sh"},
                                               environment, Readers::kItsUser)
                                       .json);
  ASSERT_THAT(named.problems, IsEmpty());
  EXPECT_EQ(named.entries[0].user, "alice");
  EXPECT_THAT(named.entries[0].environment, ElementsAre(Pair("A", "option"), Pair("B", "2")));
  const auto nameless = parse_entries(
      make_record(entry, {7, 7, {}, "", "", ""}, environment, Readers::kItsUser).json);
  EXPECT_EQ(nameless.entries.at(0).user, "7");
}

TEST(Record, VariablesThatAreNotUtf8AreLeftOutAndCounted) {
  const auto entry =
      parse_entries(
          R"({"executor":{"name":"e","command":{"value":"v"},"resources":[]},"task_prefix":"p"})")
          .entries.at(0);
  sandbox::Environment environment;
  environment.set("GOOD", "\u00fc", sandbox::EnvSource::kInherited);
  environment.set("LATIN1", "\xfc", sandbox::EnvSource::kInherited);
  environment.set("\xff", "name", sandbox::EnvSource::kInherited);
  const auto record =
      make_record(entry, {7, 7, {}, "alice", "", ""}, environment, Readers::kItsUser);
  EXPECT_EQ(record.left_out.variables, 2U);
  EXPECT_THAT(record.json, Not(HasSubstr("LATIN1")));
  const auto parsed = parse_entries(record.json);
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(parsed.entries[0].environment, ElementsAre(Pair("GOOD", "\u00fc")));
  ASSERT_EQ(parsed.warnings.size(), 1U);
  EXPECT_EQ(parsed.warnings[0].pointer, cat('/', kVariablesLeftOut));
}

// Its agent shows what is in the sandbox to others.
TEST(Record, OfAnAgentsSandboxHoldsNothingThatMayBeSecret) {
  const auto entry = parse_entries(R"({"executor":{"name":"e","resources":[],"command":{"value":"v",
      "uris":[{"value":"http://me:SECRET@h/a"},{"value":"http://h/b?sig=SECRET"},
              {"value":"http://h/c"},{"value":"/d#e"},{"value":"http://h/p#SECRET"},
              {"value":"http://h/pinned#sha256=)" +
                                   std::string(64, 'a') + R"("}]}},"task_prefix":"p"})")
                         .entries.at(0);
  sandbox::Environment environment;
  environment.set("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "SECRET", sandbox::EnvSource::kInherited);
  environment.set("OF_THE_AGENTS_STORE", "SECRET", sandbox::EnvSource::kInherited);
  environment.set("DB_PASSWORD", "SECRET", sandbox::EnvSource::kEntry);
  environment.set("DATABASE_URL", "postgres://me:SECRET@h/db", sandbox::EnvSource::kEntry);
  environment.set("MESOS_EXECUTOR_ID", "id", sandbox::EnvSource::kInherited);
  environment.set("OWN", "1", sandbox::EnvSource::kEntry);
  environment.set("NAMED", "SECRET", sandbox::EnvSource::kOption);
  environment.set("OF_A_FILE", "SECRET", sandbox::EnvSource::kFile);
  const sandbox::User user{7, 7, {}, "alice", "", ""};
  const auto record = make_record(entry, user, environment, Readers::kTheAgents);
  EXPECT_EQ(record.left_out.variables, 6U);
  EXPECT_THAT(record.json, Not(HasSubstr("SECRET")));
  const auto parsed = parse_entries(record.json);
  EXPECT_THAT(parsed.entries.at(0).environment,
              ElementsAre(Pair("MESOS_EXECUTOR_ID", "id"), Pair("OWN", "1")));
  EXPECT_EQ(parsed.entries[0].uris.size(), 3U);
  EXPECT_EQ(record.left_out.uris, 3U);
  const auto whole = make_record(entry, user, environment, Readers::kItsUser);
  EXPECT_EQ(parse_entries(whole.json).entries.at(0).environment.size(), 8U);
}

}  // namespace
}  // namespace slipway::launcher
