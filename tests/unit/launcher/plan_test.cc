#include "launcher/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/command/render.h"
#include "launcher/entry/entry_json.h"
#include "launcher/entry/executor_id.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {
namespace {

std::vector<std::string> lines(const std::vector<Remark>& remarks) {
  std::vector<std::string> out;
  for (const Remark& each : remarks) out.push_back(coded(each.text, each.code));
  return out;
}

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Entry entry_of(std::string_view command, std::string_view rest = "") {
  auto parsed = parse_entries(cat(
      R"({"executor":{"name":"e","command":)", command,
      R"(,"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.25}},)",
      R"({"name":"mem","type":"SCALAR","scalar":{"value":64}}]},"task_prefix":"p-")", rest, "}"));
  EXPECT_THAT(parsed.problems, IsEmpty());
  return std::move(parsed.entries.at(0));
}

// A world without cache, volumes or volumes' sources.
Survey world(const Entry& entry) {
  Survey survey{{1000, 1000, {}, "alice", "/home/alice", "/bin/zsh"},
                mounts::Privilege::kOrdinaryUser,
                {{"PATH", "/bin"},
                 {"HOME", "/other"},
                 {"SECRET", "marker"},
                 {"SLIPWAY_ENTRY", "x"},
                 {"TZ", "UTC"}},
                {},
                {*sandbox::AbsolutePath::parse("/s"), SandboxState::kExisting},
                {},
                "no reason",
                {},
                {}};
  survey.copies.resize(entry.uris.size());
  return survey;
}

std::string variable(const ExecSpec& spec, std::string_view name) {
  const auto* found = spec.environment.find(name);
  return found == nullptr ? "(unset)" : found->value;
}

TEST(ExecSpec, ShellCommandsRunByBinSh) {
  const auto entry = entry_of(R"({"value":"a $b","arguments":["x"]})");
  const auto spec = make_exec_spec(entry, {}, world(entry));
  EXPECT_EQ(spec.file, "/bin/sh");
  EXPECT_THAT(spec.argv, ElementsAre("/bin/sh", "-c", "a $b"));
}

TEST(ExecSpec, X02ArgumentsAreTheArgvVerbatim) {
  const auto entry =
      entry_of(R"({"value":"/bin/echo","shell":false,"arguments":["/bin/echo","--author"]})");
  const auto spec = make_exec_spec(entry, {}, world(entry));
  EXPECT_EQ(spec.lookup, Lookup::kExact);
  EXPECT_THAT(spec.argv, ElementsAre("/bin/echo", "--author"));
}

TEST(ExecSpec, WithoutArgumentsTheValueIsArgvZero) {
  const auto entry = entry_of(R"({"value":"prog","shell":false})");
  const auto spec = make_exec_spec(entry, {}, world(entry));
  EXPECT_EQ(spec.lookup, Lookup::kSandboxThenPath);
  EXPECT_THAT(spec.argv, ElementsAre("prog"));
}

TEST(ExecSpec, WordsAfterTheDashesReplaceTheCommand) {
  const auto entry = entry_of(R"({"value":"prog"})");
  Options options;
  options.replacement = {"strace", "-f", "x"};
  const auto spec = make_exec_spec(entry, options, world(entry));
  EXPECT_EQ(spec.file, "strace");
  EXPECT_THAT(spec.argv, ElementsAre("strace", "-f", "x"));
}

TEST(ExecSpec, TheEnvironmentIsTheDocumentedSet) {
  const auto entry =
      entry_of(R"({"value":"v","environment":{"variables":[{"name":"TZ","value":"CET"}]}})");
  Options options;
  options.task_id = "t1";
  const auto spec = make_exec_spec(entry, options, world(entry));
  std::vector<std::string> names;
  for (const auto& each : spec.environment.variables()) names.push_back(each.name);
  EXPECT_THAT(
      names, ElementsAre("HOME", "LOGNAME", "MESOS_DIRECTORY", "MESOS_EXECUTOR_ID", "MESOS_SANDBOX",
                         "PATH", "SHELL", "SLIPWAY_CPUS", "SLIPWAY_MEM_MB", "TZ", "USER"));
  EXPECT_EQ(variable(spec, "HOME"), "/home/alice");
  EXPECT_EQ(variable(spec, "MESOS_SANDBOX"), "/s");
  EXPECT_EQ(variable(spec, "MESOS_EXECUTOR_ID"), "p-t1");
  EXPECT_EQ(variable(spec, "SLIPWAY_CPUS"), "0.25");
  EXPECT_EQ(variable(spec, "SLIPWAY_MEM_MB"), "64");
  EXPECT_EQ(variable(spec, "TZ"), "CET");
}

TEST(ExecSpec, InheritEnvPassesEverythingButSlipwaysOwn) {
  const auto entry = entry_of(R"({"value":"v"})");
  Options options;
  options.inherit_env = true;
  const auto spec = make_exec_spec(entry, options, world(entry));
  EXPECT_EQ(variable(spec, "SECRET"), "marker");
  EXPECT_EQ(variable(spec, "HOME"), "/other");
  EXPECT_EQ(variable(spec, "SLIPWAY_ENTRY"), "(unset)");
}

TEST(ExecSpec, OptionsBeatFilesAndFilesBeatTheEntry) {
  const auto entry =
      entry_of(R"({"value":"v","environment":{"variables":[{"name":"A","value":"entry"}]}})");
  auto survey = world(entry);
  survey.env_files = {{"A", "file"}, {"B", "file"}};
  Options options;
  options.env = {{"B", "option"}, {"SECRET", std::nullopt}, {"UNSET", std::nullopt}};
  const auto spec = make_exec_spec(entry, options, survey);
  EXPECT_EQ(variable(spec, "A"), "file");
  EXPECT_EQ(variable(spec, "B"), "option");
  EXPECT_EQ(variable(spec, "SECRET"), "marker");
  EXPECT_EQ(variable(spec, "UNSET"), "(unset)");
}

TEST(ExecSpec, ExecutorEnvironmentAlwaysHasAPath) {
  const auto entry = entry_of(R"({"value":"v"})");
  auto survey = world(entry);
  survey.environment.clear();
  EXPECT_EQ(variable(make_exec_spec(entry, {}, survey), "PATH"), sandbox::kDefaultPath);
}

TEST(ExecSpec, TheShellIsTheCallersElseTheUsersElseBinSh) {
  const auto entry = entry_of(R"({"value":"v"})");
  auto survey = world(entry);
  Options options;
  options.purpose = Purpose::kShell;
  const auto shell = [&](std::optional<std::string> callers, const std::string& users) {
    survey.environment.erase("SHELL");
    if (callers) survey.environment["SHELL"] = *callers;
    survey.task_user.shell = users;
    const auto spec = make_exec_spec(entry, options, survey);
    EXPECT_THAT(spec.argv, ElementsAre(spec.file));
    EXPECT_EQ(spec.lookup, Lookup::kExact);
    return spec.file;
  };
  EXPECT_EQ(shell("/bin/fish", "/bin/zsh"), "/bin/fish");
  for (const char* none : {"", "fish", "./fish", "/", "/usr/sbin/nologin", "/bin/false"}) {
    EXPECT_EQ(shell(none, "/bin/zsh"), "/bin/zsh") << none;
    EXPECT_EQ(shell(std::nullopt, none), "/bin/sh") << none;
  }
}

TEST(ExecSpec, WordsAfterTheDashesBeatTheShell) {
  const auto entry = entry_of(R"({"value":"v"})");
  Options options;
  options.purpose = Purpose::kShell;
  options.replacement = {"id", "-u"};
  EXPECT_THAT(make_exec_spec(entry, options, world(entry)).argv, ElementsAre("id", "-u"));
}

TEST(ExecSpec, AReopenedSandboxHasTheRecordedEnvironment) {
  const auto entry = entry_of(
      R"({"value":"v","environment":{"variables":[{"name":"A","value":"1"},{"name":"TERM","value":"old"}]}})");
  auto survey = world(entry);
  survey.reopened = true;
  EXPECT_EQ(make_exec_spec(entry, {}, survey).environment.variables().size(), 2U);
  survey.terminal = "xterm";
  Options options;
  options.env = {{"A", "option"}, {"TZ", std::nullopt}};
  const auto spec = make_exec_spec(entry, options, survey);
  EXPECT_EQ(spec.environment.variables().size(), 3U);
  EXPECT_EQ(variable(spec, "A"), "option");
  EXPECT_EQ(variable(spec, "TERM"), "xterm");
  EXPECT_EQ(variable(spec, "TZ"), "UTC");
}

TEST(Plan, TheEntrysOwnCommandIsKeptWhereAnotherRuns) {
  const auto entry = entry_of(R"({"value":"x.a","shell":false,"arguments":["x.a","-v"]})");
  EXPECT_FALSE(make_plan(entry, {}, world(entry))->replaced);
  Options options;
  options.replacement = {"strace"};
  EXPECT_THAT(make_plan(entry, options, world(entry))->replaced->argv, ElementsAre("x.a", "-v"));
  options = {};
  options.purpose = Purpose::kShell;
  EXPECT_EQ(make_plan(entry, options, world(entry))->replaced->file, "x.a");
}

TEST(Plan, AReopenedSandboxKeepsItsRecord) {
  const auto entry = entry_of(R"({"value":"v"})");
  auto survey = world(entry);
  EXPECT_TRUE(make_plan(entry, {}, survey)->record);
  survey.reopened = true;
  EXPECT_FALSE(make_plan(entry, {}, survey)->record);
}

TEST(Plan, TheSamplesFirstArgumentIsWarnedAbout) {
  const auto sample = entry_of(R"({"value":"x.a","shell":false,"arguments":["localhost:2181"]})");
  EXPECT_THAT(lines(make_plan(sample, {}, world(sample))->warnings),
              ElementsAre(HasSubstr("arguments[0] 'localhost:2181' becomes argv[0] of 'x.a'")));
  const auto right =
      entry_of(R"({"value":"./x.a","shell":false,"arguments":["x.a","localhost:2181"]})");
  EXPECT_THAT(lines(make_plan(right, {}, world(right))->warnings), IsEmpty());
}

TEST(Plan, AnExecutableArchiveIsWarnedAbout) {
  const auto entry = entry_of(R"({"value":"v","uris":[{"value":"/a.tgz","executable":true}]})");
  EXPECT_THAT(lines(make_plan(entry, {}, world(entry))->warnings),
              ElementsAre(HasSubstr("is not extracted")));
}

// As Mesos warns; but extract is true by default, and not every plain file deserves a warning.
TEST(Plan, AFileThatIsToBeExtractedAndIsNoArchiveIsWarnedAbout) {
  const auto asked = entry_of(
      R"({"value":"v","uris":[{"value":"http://u:p@h/a.rar?q=s","extract":true,"output_file":"a"}]})");
  EXPECT_THAT(lines(make_plan(asked, {}, world(asked))->warnings),
              ElementsAre(AllOf(HasSubstr("copied and not extracted"), HasSubstr(".tar.zst"),
                                Not(HasSubstr("u:p")), Not(HasSubstr("q=s")))));
  for (const char* quiet :
       {R"({"value":"/a.rar"})", R"({"value":"/a.rar","extract":null})",
        R"({"value":"/a.rar","extract":false})", R"({"value":"/a.zip","extract":true})",
        R"({"value":"/a.rar","extract":true,"executable":true})"}) {
    const auto entry = entry_of(cat(R"({"value":"v","uris":[)", quiet, "]}"));
    EXPECT_THAT(lines(make_plan(entry, {}, world(entry))->warnings), IsEmpty()) << quiet;
  }
}

TEST(Plan, AMissingCacheIsOneWarning) {
  const auto entry =
      entry_of(R"({"value":"v","uris":[{"value":"/a","cache":true},{"value":"/b","cache":true}]})");
  EXPECT_THAT(lines(make_plan(entry, {}, world(entry))->warnings),
              ElementsAre(HasSubstr("going on without a cache")));
}

TEST(Plan, ProblemsOfUrisAndIdsComeTogether) {
  const auto entry = entry_of(R"({"value":"v","uris":[{"value":"/a/x"},{"value":"/b/x"}]})");
  Options options;
  options.task_id = std::string(254, 't');
  const auto plan = make_plan(entry, options, world(entry));
  ASSERT_FALSE(plan);
  EXPECT_THAT(lines(plan.error()), ElementsAre(HasSubstr("executor id"), HasSubstr("uris[1]")));
}

TEST(Plan, WithoutVolumesNoNamespaceIsPlanned) {
  const auto entry = entry_of(R"({"value":"v"})");
  EXPECT_THAT(make_plan(entry, {}, world(entry))->mounts.steps, IsEmpty());
}

TEST(Render, JsonIsJsonAndTextSaysTheSame) {
  const auto entry =
      entry_of(R"({"value":"v","uris":[{"value":"http://u:marker@h/a.tgz?marker","cache":true}],)"
               R"("environment":{"variables":[{"name":"DB_PASSWORD","value":"marker"}]}})");
  const auto plan = make_plan(entry, {}, world(entry));
  ASSERT_TRUE(plan);
  const std::string json = render_json(*plan);
  const auto document = sandbox::parse_json(json);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.find("executor")->value.text, "e");
  const std::string text = render_text(*plan);
  EXPECT_THAT(text, HasSubstr("'http://h/a.tgz?…'"));
  EXPECT_EQ(text.find("marker"), std::string::npos);
  EXPECT_EQ(json.find("marker"), std::string::npos);
}

TEST(Render, ThePlanSaysWhetherSlipwayFetcherIsStarted) {
  constexpr std::string_view kServed = "slipway-fetcher is not started";
  const auto rendered = [](std::string_view uris) {
    const auto entry = entry_of(cat(R"({"value":"v","uris":[)", uris, "]}"));
    const auto plan = make_plan(entry, {}, world(entry));
    return render_text(*plan) + render_json(*plan);
  };
  EXPECT_THAT(rendered(R"({"value":"/a"},{"value":"/b"})"),
              AllOf(HasSubstr(kServed), HasSubstr("\"starts_fetcher\": false")));
  EXPECT_THAT(rendered(R"({"value":"/a"},{"value":"http://h/b"})"),
              AllOf(Not(HasSubstr(kServed)), HasSubstr("\"starts_fetcher\": true")));
  EXPECT_THAT(rendered(""), AllOf(Not(HasSubstr(kServed)), HasSubstr("\"starts_fetcher\": false")));
}

TEST(Plan, TheOperatorsLimitsGoToTheFetchStage) {
  const auto entry = entry_of(R"({"value":"v","uris":[{"value":"/a.tgz"}]})");
  auto surveyed = world(entry);
  EXPECT_EQ(make_plan(entry, {}, surveyed)->fetch.extract_limits, fetcher::ExtractLimits());
  surveyed.settings.extract.entries = 7;
  surveyed.settings.source = "/s.toml";
  const auto plan = make_plan(entry, {}, surveyed);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->fetch.extract_limits.entries, 7U);
  EXPECT_EQ(plan->settings_file, "/s.toml");
}

TEST(Render, SettingsAreShownWithWhoSetThemForWhatIsDone) {
  const auto archive = entry_of(R"({"value":"v","uris":[{"value":"/a.tgz"}]})");
  auto surveyed = world(archive);
  Options options;
  options.only_shown = true;
  const std::string usual = render_text(*make_plan(archive, options, surveyed));
  EXPECT_THAT(usual, HasSubstr("  [fetch] by default: parallel 8, retries 4"));
  EXPECT_THAT(usual, HasSubstr("  [extract] by default: max_bytes 100GiB"));
  EXPECT_THAT(usual, Not(HasSubstr("[cache]")));
  surveyed.settings.extract.seconds = 90;
  surveyed.settings.extract.free_space_reserve = 0;
  surveyed.settings.source = "/s.toml";
  options.retries = 4;
  EXPECT_THAT(render_text(*make_plan(archive, options, surveyed)),
              AllOf(HasSubstr("  [fetch] retries '4', by default '4', from '--retries'\n"
                              "  [extract] max_time '90s', by default '3600s', from '/s.toml'\n"
                              "  [extract] free_space_reserve '0', by default 'auto', from "
                              "'/s.toml'\n"),
                    HasSubstr("  [fetch] by default: parallel 8, connect_timeout")));
  const auto plain = entry_of(R"({"value":"v","uris":[{"value":"/a"}]})");
  const auto plan = make_plan(plain, options, surveyed);
  EXPECT_EQ(render_text(*plan).find("[extract]"), std::string::npos);
  const std::string json = render_json(*plan);
  EXPECT_THAT(json, HasSubstr("\"settings_file\": \"/s.toml\""));
  for (const auto& row : fetcher::extract_limit_rows()) {
    EXPECT_THAT(json, HasSubstr(cat('"', row.key, "\": "))) << "programs get all of them";
  }
}

TEST(Render, WhereNothingIsFetchedNoSettingCounts) {
  const auto entry = entry_of(R"({"value":"v"})");
  Options options;
  options.only_shown = true;
  EXPECT_THAT(render_text(*make_plan(entry, options, world(entry))), Not(HasSubstr("by default")));
}

TEST(Render, TheTreatmentOfEachUriIsShownWithItsReason) {
  const auto entry = entry_of(
      R"({"value":"v","uris":[{"value":"/a.tgz"},{"value":"/b.tgz","extract":false},{"value":"/c"},)"
      R"({"value":"http://h/d"},{"value":"/e","executable":true}]})");
  EXPECT_THAT(render_text(*make_plan(entry, {}, world(entry))),
              AllOf(HasSubstr("'a.tgz', extracted as tar, because its name ends so and extract is "
                              "true; kept beside it"),
                    HasSubstr("'b.tgz', the source's mode, at most 0755; not extracted, because "
                              "extract is false"),
                    HasSubstr("'c', the source's mode, at most 0755; not extracted: its name ends "
                              "as no archive's does"),
                    HasSubstr("'d', mode 0644; not extracted"),
                    HasSubstr("'e', mode 0755, because executable is true")));
}

TEST(Render, WhoDecidedOnUserAndSandboxIsShown) {
  auto entry = entry_of(R"({"value":"v","user":"alice"})");
  Options options;
  EXPECT_THAT(render_text(*make_plan(entry, options, world(entry))),
              HasSubstr("from the entry's command.user; "));
  options.user = "alice";
  options.sandbox = "/s";
  EXPECT_THAT(render_text(*make_plan(entry, options, world(entry))),
              AllOf(HasSubstr("from --user; "), HasSubstr("from --sandbox\n")));
}

TEST(Render, WhatOnlyAnAgentSetsIsNamedWhereItIsMissing) {
  const auto entry = entry_of(R"({"value":"v"})");
  auto surveyed = world(entry);
  EXPECT_THAT(render_text(*make_plan(entry, {}, surveyed)),
              AllOf(HasSubstr("no agent has started slipway: MESOS_SLAVE_PID, "),
                    HasSubstr("--env-file /proc/PID/environ")));
  for (const char* name : {"MESOS_SLAVE_PID", "MESOS_AGENT_ENDPOINT", "MESOS_SLAVE_ID",
                           "MESOS_FRAMEWORK_ID", "MESOS_EXECUTOR_ID"}) {
    surveyed.environment[name] = "x";
  }
  EXPECT_THAT(render_text(*make_plan(entry, {}, surveyed)), Not(HasSubstr("no agent")));
}

TEST(ExecutorId, X30FollowsMesosRules) {
  EXPECT_TRUE(check_id("a b:c"));
  for (const std::string& id :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a\\b"),
        std::string("a\n"), std::string(256, 'a')}) {
    EXPECT_FALSE(check_id(id)) << id;
  }
}

Entry message(std::string_view text) {
  auto parsed = parse_entries(text);
  EXPECT_THAT(parsed.problems, IsEmpty());
  return std::move(parsed.entries.at(0));
}

TEST(ExecSpec, AnExecutorInfosIdIsTheExecutorIdUnlessOneIsGivenOrThereAlready) {
  const auto entry = message(R"({"executor_id":{"value":"own"},"command":{"value":"true"}})");
  const auto id = [&](const Options& options, const Survey& survey) {
    return variable(make_exec_spec(entry, options, survey), "MESOS_EXECUTOR_ID");
  };
  EXPECT_EQ(id({}, world(entry)), "own");
  Options options;
  options.task_id = "given";
  EXPECT_EQ(id(options, world(entry)), "given");
  Survey survey = world(entry);
  survey.environment["MESOS_EXECUTOR_ID"] = "there";
  EXPECT_EQ(id({}, survey), "there");
}

constexpr char kFetcherInfo[] = R"({"sandbox_directory":"/elsewhere"})";

TEST(Plan, AFetcherInfoCannotBeRunWithoutACommand) {
  const auto entry = message(kFetcherInfo);
  const auto plan = make_plan(entry, {}, world(entry));
  ASSERT_FALSE(plan);
  EXPECT_THAT(lines(plan.error()),
              ElementsAre(AllOf(HasSubstr("a FetcherInfo has no command"),
                                HasSubstr("'slipway fetch'"), HasSubstr("'--'"))));
}

TEST(Plan, AFetcherInfoCanBeShownAndFetchedAndRunWithACommand) {
  const auto entry = message(kFetcherInfo);
  Options shown;
  shown.only_shown = true;
  const auto plan = make_plan(entry, shown, world(entry));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->exec.argv, IsEmpty());
  EXPECT_THAT(render_text(*plan), HasSubstr("execute: nothing, because a FetcherInfo has no"));
  EXPECT_THAT(render_json(*plan), HasSubstr(R"("file": null)"));
  Options fetch;
  fetch.purpose = Purpose::kFetch;
  EXPECT_TRUE(make_plan(entry, fetch, world(entry)));
  Options replaced;
  replaced.replacement = {"ls", "-l"};
  const auto with_command = make_plan(entry, replaced, world(entry));
  ASSERT_TRUE(with_command);
  EXPECT_THAT(with_command->exec.argv, ElementsAre("ls", "-l"));
  EXPECT_FALSE(with_command->replaced) << "there is nothing that it takes the place of";
}

TEST(Plan, TheRecordOfAFetcherInfoCanBeReadBack) {
  const auto record = message(write_entry(message(kFetcherInfo)).json);
  EXPECT_EQ(std::get<ShellCommand>(record.command).line, kNoCommandLine);
}

}  // namespace
}  // namespace slipway::launcher
