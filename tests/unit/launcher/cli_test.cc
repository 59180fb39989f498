#include "launcher/command/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "launcher/command/cli_options.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "slipway");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

Options options_of(std::vector<const char*> words) {
  const auto line = parse(std::move(words));
  if (const auto* misuse = std::get_if<UsageError>(&line)) ADD_FAILURE() << misuse->message;
  const auto* invocation = std::get_if<Invocation>(&line);
  return invocation == nullptr ? Options() : invocation->options;
}

std::string misuse_of(std::vector<const char*> words) {
  const auto line = parse(std::move(words));
  const auto* misuse = std::get_if<UsageError>(&line);
  return misuse == nullptr ? "no misuse" : misuse->message;
}

TEST(Cli, FileAndOptionsComeInAnyOrder) {
  for (const auto& words : {std::vector{"run", "-u", "nobody", "f.json", "-e", "x"},
                            std::vector{"run", "f.json", "--user=nobody", "--executor", "x"},
                            std::vector{"run", "-unobody", "-ex", "f.json"}}) {
    const auto options = options_of(words);
    EXPECT_EQ(options.file, "f.json");
    EXPECT_EQ(options.user, "nobody");
    EXPECT_EQ(options.executor, "x");
  }
}

TEST(Cli, WordsAfterTheDashesAreLeftAlone) {
  const auto options = options_of({"run", "-", "--", "strace", "-f", "--user"});
  EXPECT_EQ(options.file, "-");
  EXPECT_THAT(options.replacement, ElementsAre("strace", "-f", "--user"));
}

TEST(Cli, HelpTakesACommand) {
  const auto asked = parse({"help", "check"});
  ASSERT_TRUE(std::holds_alternative<Answer>(asked));
  EXPECT_THAT(std::get<Answer>(asked).text, HasSubstr("Usage: slipway check FILE"));
  EXPECT_THAT(misuse_of({"help", "chek"}), HasSubstr("did you mean 'check'?"));
  EXPECT_TRUE(std::holds_alternative<Answer>(parse({"help"})));
}

TEST(Cli, WhereNothingIsNearTheCommandsAreListed) {
  EXPECT_THAT(misuse_of({"frobnicate"}), HasSubstr("there is: run, shell, fetch, check"));
  EXPECT_THAT(misuse_of({"run", "--frobnicate=1"}), Not(HasSubstr("did you mean")));
  EXPECT_THAT(misuse_of({"run", "--retires=1"}), HasSubstr("did you mean '--retries'?"));
}

TEST(Cli, CheckTakesSeveralFiles) {
  const auto options = options_of({"check", "a", "--strict", "b", "--for", "slipway", "-"});
  EXPECT_THAT(options.files, ElementsAre("a", "b", "-"));
  EXPECT_EQ(options.judge, Judge::kSlipway);
  EXPECT_EQ(options.strictness, Strictness::kWarningsFail);
  EXPECT_THAT(misuse_of({"check"}), HasSubstr("needs a FILE"));
  EXPECT_THAT(misuse_of({"check", "a", "--", "x"}), HasSubstr("none can follow '--'"));
  EXPECT_THAT(misuse_of({"run", "f", "--supervise=false"}),
              HasSubstr("--supervise takes no value"));
  EXPECT_THAT(misuse_of({"check", "f", "--strict=no"}), HasSubstr("--strict takes no value"));
  EXPECT_THAT(misuse_of({"run", "--help=false"}), HasSubstr("--help takes no value"));
  EXPECT_THAT(misuse_of({"check", "a", "--for=mesos"}), HasSubstr("neither aurora nor slipway"));
}

TEST(Cli, AnOptionsValueStandsBehindItOrInTheSameWord) {
  for (const auto& words : {std::vector<const char*>{"run", "f", "--executor", "x"},
                            {"run", "f", "--executor=x"},
                            {"run", "-e", "x", "f"},
                            {"run", "-ex", "f"},
                            {"run", "-qex", "f"}}) {
    const auto options = options_of(words);
    EXPECT_EQ(options.executor, "x");
    EXPECT_EQ(options.file, "f");
  }
  EXPECT_EQ(options_of({"run", "f", "--executor=a=b"}).executor, "a=b");
  EXPECT_EQ(options_of({"run", "-"}).file, "-");
}

TEST(Cli, RepeatedVariablesAddUp) {
  const auto options = options_of({"run", "f", "--env", "A=1=2", "--env", "B", "--env=C="});
  ASSERT_EQ(options.env.size(), 3U);
  EXPECT_EQ(options.env[0].value, "1=2");
  EXPECT_EQ(options.env[1].value, std::nullopt);
  EXPECT_EQ(options.env[2].value, "");
}

TEST(Cli, CachePolicies) {
  EXPECT_EQ(fetcher::describe(options_of({"run", "f"}).cache_policy), "revalidate");
  EXPECT_EQ(fetcher::describe(options_of({"run", "f", "--cache-policy=immutable"}).cache_policy),
            "immutable");
  EXPECT_EQ(fetcher::describe(options_of({"run", "f", "--cache-policy", "ttl=2m"}).cache_policy),
            "ttl=120s");
  EXPECT_THAT(misuse_of({"run", "f", "--cache-policy=ttl=x"}), HasSubstr("is not a duration"));
  EXPECT_THAT(misuse_of({"run", "f", "--cache-policy=never"}), HasSubstr("'never' is none of"));
}

TEST(Cli, MisusesAreNamedWithTheWayToHelp) {
  EXPECT_THAT(misuse_of({}), HasSubstr("a command is needed: run, shell"));
  EXPECT_THAT(misuse_of({"rnu"}), HasSubstr("'rnu' is no command; did you mean 'run'?"));
  EXPECT_THAT(misuse_of({"run", "f", "--sandbx", "d"}),
              HasSubstr("there is no option '--sandbx' of run; did you mean '--sandbox'? See "
                        "'slipway run --help'"));
  EXPECT_THAT(misuse_of({"run", "f", "g"}), HasSubstr("one FILE is enough: 'g'"));
  EXPECT_THAT(misuse_of({"run", "f", "--"}), HasSubstr("'--' is followed by no command"));
  EXPECT_THAT(misuse_of({"run", "f", "--user"}), HasSubstr("--user needs a value"));
  EXPECT_THAT(misuse_of({"run", "f", "--user="}), HasSubstr("--user"));
  EXPECT_THAT(misuse_of({"run", "f", "-q", "-v"}), HasSubstr("exclude"));
  EXPECT_THAT(misuse_of({"run", "f", "--task-id", "a/b"}), HasSubstr("--task-id"));
  EXPECT_THAT(misuse_of({"run", "f", "--format", "json"}), HasSubstr("--format"))
      << "an option of plan only";
}

TEST(Cli, UsageErrorsOfRunAndShellExit125OthersTwo) {
  EXPECT_EQ(std::get<UsageError>(parse({"run", "--x"})).status, 125);
  EXPECT_EQ(std::get<UsageError>(parse({"shell", "--x"})).status, 125);
  EXPECT_EQ(std::get<UsageError>(parse({"plan", "--x"})).status, 2);
  EXPECT_EQ(std::get<UsageError>(parse({"x"})).status, 2);
}

TEST(Cli, StandardInputCannotBeTheEntryAndTheShells) {
  EXPECT_THAT(misuse_of({"shell", "-"}), HasSubstr("standard input cannot be both"));
  EXPECT_EQ(options_of({"shell", "-", "--", "true"}).file, "-");
  EXPECT_EQ(options_of({"shell", "f"}).file, "f");
}

TEST(Cli, WordsAfterTheDashesOfWrapAreOptionsOfRun) {
  const auto options =
      options_of({"wrap", "-", "-e", "x", "--mounts-only", "--", "--env", "A=1", "--supervise"});
  EXPECT_THAT(options.replacement, ElementsAre("--env", "A=1", "--supervise"));
  EXPECT_TRUE(options.mounts_only);
  EXPECT_EQ(options.program, "/usr/bin/slipway");
  const auto misuse_after = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"wrap", "f", "--"});
    return misuse_of(std::move(words));
  };
  EXPECT_THAT(misuse_after({}), HasSubstr("'--' is followed by no option of run"));
  EXPECT_THAT(misuse_after({"--sandbx", "d"}), HasSubstr("there is no option '--sandbx' of run"));
  EXPECT_THAT(misuse_after({"--kill-after", "1s"}), HasSubstr("--kill-after needs --supervise"));
  for (const char* option : {"--timeout", "--stall-timeout"}) {
    EXPECT_THAT(misuse_after({option, "721h"}), HasSubstr("is more than 30 days"));
  }
  EXPECT_THAT(misuse_after({"g.json"}), HasSubstr("a wrapped run takes no FILE: 'g.json'"));
  EXPECT_THAT(misuse_after({"-"}), HasSubstr("a wrapped run takes no FILE: '-'"));
  EXPECT_THAT(misuse_after({"-e", "x"}), HasSubstr("-e goes before '--'"));
  EXPECT_THAT(misuse_after({"--help"}), HasSubstr("--help is no option"));
  EXPECT_THAT(misuse_after({"-q", "--", "true"}), HasSubstr("no second '--'"));
  EXPECT_THAT(misuse_after({"-q", "--"}), HasSubstr("'--' is followed by no command"));
  EXPECT_THAT(misuse_after({"--status-fd", "3"}), HasSubstr("an agent opens no descriptor"));
}

TEST(Cli, WrapUnwrapAndDoctorSayWhatTheyNeed) {
  EXPECT_THAT(misuse_of({"wrap"}), HasSubstr("wrap needs a FILE, or -"));
  EXPECT_THAT(misuse_of({"unwrap"}), HasSubstr("unwrap needs a FILE, or -"));
  EXPECT_THAT(misuse_of({"unwrap", "f", "--", "-q"}), HasSubstr("none can follow '--'"));
  EXPECT_THAT(misuse_of({"wrap", "f", "--program", "bin/slipway"}),
              HasSubstr("--program: 'bin/slipway' is no absolute path"));
  EXPECT_THAT(misuse_of({"doctor", "f"}), HasSubstr("doctor takes no FILE"));
  EXPECT_EQ(std::get<UsageError>(parse({"wrap", "f", "--", "x"})).status, 2);
  EXPECT_EQ(std::get<UsageError>(parse({"doctor", "f"})).status, 2);
}

// A variable of the shell's that is not set.
TEST(Cli, AnEmptyWordIsNoFileAndNoCommand) {
  for (const char* command : {"run", "plan", "check", "wrap"}) {
    EXPECT_THAT(misuse_of({command, ""}), HasSubstr("the FILE is named by an empty word"))
        << command;
  }
  EXPECT_THAT(misuse_of({"run", "f", "--", ""}), HasSubstr("the command after '--' is empty"));
  EXPECT_THAT(misuse_of({"wrap", "f", "g"}), HasSubstr("options of run go after '--'"));
}

TEST(Cli, OnlyCommandsWhoseUsageSaysSoTakeWordsAfterTheDashes) {
  for (const CommandRow& command : commands()) {
    if (command.words == WordKind::kChoice || command.arguments.find("[-- ") != std::string::npos) {
      continue;
    }
    std::vector<const char*> words{command.name.data()};
    if (command.words != WordKind::kNone) words.push_back("f");
    words.insert(words.end(), {"--", "true"});
    EXPECT_THAT(misuse_of(words), HasSubstr("none can follow '--'")) << command.name;
  }
}

TEST(Cli, DoctorTakesWhatDecidesTheHostsPartOfALaunch) {
  EXPECT_EQ(options_of({"doctor"}).launcher_dir, "");
  const auto options = options_of({"doctor", "-u", "nobody", "--sandbox", "s", "--cache-dir", "c",
                                   "--settings", "t", "--launcher-dir", "d", "--format", "json"});
  EXPECT_EQ(options.user, "nobody");
  EXPECT_EQ(options.sandbox, "s");
  EXPECT_EQ(options.cache_dir, "c");
  EXPECT_EQ(options.settings, "t");
  EXPECT_EQ(options.launcher_dir, "d");
  EXPECT_THAT(misuse_of({"doctor", "--no-cache"}), HasSubstr("there is no option"));
}

bool is_shown(const CommandRow& command) {
  return command.group != CommandGroup::kHidden;
}

TEST(Cli, HelpIsMadeFromTheTables) {
  for (const CommandRow& command : commands()) {
    if (is_shown(command)) {
      EXPECT_THAT(general_help(), HasSubstr(std::string(command.summary)));
    }
    const std::string help =
        std::get<Answer>(parse({std::string(command.name).c_str(), "--help"})).text;
    for (const OptionRow& row : option_rows()) {
      const std::string name(row.names.substr(row.names.find("--")));
      EXPECT_EQ(help.find(name + " ") != std::string::npos, (row.commands & command.bit) != 0)
          << name;
    }
  }
}

// Of a line, however many bytes each character has.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Cli, GeneralHelpFitsOneScreen) {
  EXPECT_LE(lines_of(general_help()).size(), 24U);
  for (const std::string& line : lines_of(general_help())) EXPECT_LE(columns(line), 80U) << line;
}

TEST(Cli, GeneralHelpHasEachGroupOnceWithItsCommands) {
  std::vector<CommandGroup> seen;
  for (const CommandRow& command : commands()) {
    if (!is_shown(command) || (!seen.empty() && seen.back() == command.group)) continue;
    EXPECT_THAT(seen, Not(Contains(command.group))) << command.name;
    seen.push_back(command.group);
    EXPECT_THAT(general_help(), HasSubstr(cat('\n', headline(command.group), ' ')));
  }
  EXPECT_THAT(seen, ElementsAre(CommandGroup::kLaunch, CommandGroup::kLookFirst,
                                CommandGroup::kLookAfter, CommandGroup::kRewrite));
}

TEST(Cli, OnlyWhatProgramsAskIsHidden) {
  for (const CommandRow& command : commands()) {
    EXPECT_EQ(!is_shown(command), command.name == "complete-executors") << command.name;
  }
  EXPECT_THAT(general_help(), Not(HasSubstr("complete-executors")));
  EXPECT_THAT(misuse_of({}), Not(HasSubstr("complete-executors")));
}

std::vector<std::string> words_of(std::string_view choices) {
  std::istringstream in{std::string(choices)};
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

TEST(Cli, EveryChoiceThatAnOptionListsIsTakenAndNoOther) {
  for (const OptionRow& row : option_rows()) {
    EXPECT_EQ(row.kind == WordKind::kChoice, !row.choices.empty()) << row.names;
    Options options;
    for (const std::string& word : words_of(row.choices)) {
      EXPECT_TRUE(row.apply(options, word.ends_with('=') ? word + "1" : word))
          << row.names << " " << word;
    }
    if (row.kind != WordKind::kChoice) continue;
    EXPECT_FALSE(row.apply(options, "none-of-them")) << row.names;
  }
}

TEST(Cli, EveryChoiceThatACommandListsIsTaken) {
  for (const CommandRow& command : commands()) {
    EXPECT_EQ(command.words == WordKind::kChoice, !command.choices.empty()) << command.name;
    for (const std::string& word : words_of(command.choices)) {
      EXPECT_EQ(options_of({std::string(command.name).c_str(), word.c_str()}).file, word);
    }
  }
}

TEST(Cli, HelpOfACommandFitsATerminal) {
  for (const CommandRow& command : commands()) {
    const auto help = parse({std::string(command.name).c_str(), "--help"});
    for (const std::string& line : lines_of(std::get<Answer>(help).text)) {
      EXPECT_LE(columns(line), 80U) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

}  // namespace
}  // namespace slipway::launcher
