#include "launcher/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/cli_options.h"

namespace slipway::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_THAT(misuse_of({}), HasSubstr("a command is needed: run, plan"));
  EXPECT_THAT(misuse_of({"rnu"}), HasSubstr("'rnu' is no command"));
  EXPECT_THAT(misuse_of({"run", "f", "--sandbx", "d"}),
              HasSubstr("there is no option '--sandbx' of run; see 'slipway run --help'"));
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
  EXPECT_THAT(misuse_after({"g.json"}), HasSubstr("a wrapped run takes no FILE: 'g.json'"));
  EXPECT_THAT(misuse_after({"-"}), HasSubstr("a wrapped run takes no FILE: '-'"));
  EXPECT_THAT(misuse_after({"-e", "x"}), HasSubstr("-e goes before '--'"));
  EXPECT_THAT(misuse_after({"--help"}), HasSubstr("--help is no option"));
  EXPECT_THAT(misuse_after({"-q", "--", "true"}), HasSubstr("no second '--'"));
  EXPECT_THAT(misuse_after({"-q", "--"}), HasSubstr("'--' is followed by no command"));
  EXPECT_THAT(misuse_after({"--status-fd", "3"}), HasSubstr("an agent opens no descriptor"));
}

TEST(Cli, WrapUnwrapAndDoctorSayWhatTheyNeed) {
  EXPECT_THAT(misuse_of({"wrap"}), HasSubstr("it needs a FILE, or -"));
  EXPECT_THAT(misuse_of({"unwrap"}), HasSubstr("it needs a FILE, or -"));
  EXPECT_THAT(misuse_of({"unwrap", "f", "--", "-q"}), HasSubstr("none can follow '--'"));
  EXPECT_THAT(misuse_of({"wrap", "f", "--program", "bin/slipway"}),
              HasSubstr("--program: 'bin/slipway' is no absolute path"));
  EXPECT_THAT(misuse_of({"doctor", "f"}), HasSubstr("doctor takes no FILE"));
  EXPECT_EQ(std::get<UsageError>(parse({"wrap", "f", "--", "x"})).status, 2);
  EXPECT_EQ(std::get<UsageError>(parse({"doctor", "f"})).status, 2);
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

TEST(Cli, HelpIsMadeFromTheTables) {
  for (const CommandRow& command : commands()) {
    EXPECT_THAT(std::get<Answer>(parse({"--help"})).text, HasSubstr(std::string(command.summary)));
    const std::string help =
        std::get<Answer>(parse({std::string(command.name).c_str(), "--help"})).text;
    for (const OptionRow& row : option_rows()) {
      const std::string name(row.names.substr(row.names.find("--")));
      EXPECT_EQ(help.find(name + " ") != std::string::npos, (row.commands & command.bit) != 0)
          << name;
    }
  }
}

TEST(Cli, HelpFitsTheTerminal) {
  for (const char* command : {"run", "plan", "shell", "wrap", "unwrap", "doctor"}) {
    std::istringstream help(std::get<Answer>(parse({command, "--help"})).text);
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 104U) << line;
  }
}

}  // namespace
}  // namespace slipway::launcher
