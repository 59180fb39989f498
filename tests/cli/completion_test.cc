// The completions, in the shells that load them: what is typed, a Tab, and what the shell then has.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <optional>
#include <ostream>

#include "sandbox/base/text.h"
#include "tests/cli/slipway.h"
#include "tests/support/terminal.h"

namespace slipway::tests {
namespace {

constexpr std::string_view kDocuments = SLIPWAY_BUILD_DIR "/packaging/";

std::string entry_named(std::string_view name) {
  return cat(R"({"executor":{"name":")", name, R"(","command":{"value":"true"},"resources":[]},)",
             R"("task_prefix":"t-"})");
}

enum class Shell { kBash, kZsh, kFish };

struct ShellRow {
  Shell shell;
  std::string_view name;
  std::vector<std::string> argv;
  std::string_view load;  // what is typed first, in front of the place of the documents
  std::string_view rest;
};
// What googletest calls a row in its messages.
[[maybe_unused]] void PrintTo(const ShellRow& row, std::ostream* out) {
  *out << row.name;
}

const ShellRow kShells[] = {
    {Shell::kBash, "Bash", {"/bin/bash", "--norc", "--noprofile", "-i"}, "source ", "bash/slipway"},
    {Shell::kZsh,
     "Zsh",
     {"/usr/bin/zsh", "-f", "-i"},
     "autoload -Uz compinit; bindkey -e; fpath=(",
     "zsh $fpath); compinit -D -u"},
    {Shell::kFish,
     "Fish",
     {"/usr/bin/fish", "--no-config", "-i", "-C",
      "function fish_prompt; printf 'ready> '; end; set -g fish_greeting"},
     "source ",
     "fish/slipway.fish"},
};

class CompletionTest : public SlipwayTest, public ::testing::WithParamInterface<ShellRow> {
 protected:
  CompletionTest() {
    dir_.write("e.json", cat('[', entry_named("my one"), ',', entry_named("other"), ']'));
    dir_.write("odd.json", cat('[', entry_named("a;touch pwned"), ',',
                               entry_named("$(touch pwned)`touch pwned`"), ',',
                               entry_named("it's \\\"q\\\""), ',', entry_named("n\\nx"), ']'));
    dir_.make_directory("some-dir");
    options_.env = {cat("PATH=", dir_ / "prefix/bin", ":/usr/bin:/bin"),
                    "TERM=xterm",
                    cat("HOME=", dir_.path()),
                    "PS1=ready> ",
                    "LANG=C.UTF-8",
                    "OWN_VARIABLE=1"};
    options_.cwd = dir_.path();
    options_.timeout = std::chrono::seconds(20);
    terminal_.emplace(GetParam().argv, options_);
    terminal_->expect("ready> ");
    terminal_->type(cat(GetParam().load, kDocuments, GetParam().rest, "\n"));
    terminal_->expect("ready> ");
  }

  // Types the line, in which a Tab may stand, else one behind it; then has the shell print the
  // words that it made of it.
  void expect_words(std::string_view line, const std::vector<std::string>& words) {
    SCOPED_TRACE(line);
    terminal_->type(line.find('\t') == std::string_view::npos ? cat(line, '\t')
                                                              : std::string(line));
    terminal_->type("\x01printf '<%s>\\n' \n");
    for (const std::string& word : words) terminal_->expect(cat('<', word, '>'));
    terminal_->expect("ready> ");
  }

  RunOptions options_;
  std::optional<Terminal> terminal_;
};

INSTANTIATE_TEST_SUITE_P(Shells, CompletionTest, ::testing::ValuesIn(kShells),
                         [](const auto& shell) { return std::string(shell.param.name); });

TEST_P(CompletionTest, CommandsAndOptionsAreCompleted) {
  expect_words("slipway do", {"slipway", "doctor"});
  expect_words("slipway doctor --laun", {"doctor", "--launcher-dir"});
  expect_words("slipway help doc", {"help", "doctor"});
}

TEST_P(CompletionTest, ValuesAreCompleted) {
  expect_words("slipway run --stdio s", {"--stdio", "sandbox"});
  expect_words("slipway cache ver", {"cache", "verify"});
  expect_words("slipway run -u nobo", {"-u", "nobody"});
  expect_words("slipway run e.js", {"run", "e.json"});
  // zsh takes the '/' away again when the cursor leaves it.
  expect_words("slipway run --sandbox some",
               {"--sandbox", GetParam().shell == Shell::kZsh ? "some-dir" : "some-dir/"});
  expect_words("slipway run --env OWN_V", {"--env", "OWN_VARIABLE"});
}

TEST_P(CompletionTest, ExecutorsOfTheFileAreCompleted) {
  expect_words("slipway run e.json -e oth", {"e.json", "-e", "other"});
  expect_words("slipway run -q --retries 2 e.json --executor oth", {"--executor", "other"});
}

TEST_P(CompletionTest, ExecutorsAreCompletedBehindAnEqualsSign) {
  expect_words("slipway run e.json --executor=oth", {"e.json", "--executor=other"});
}

TEST_P(CompletionTest, TheFileMayStandBehindTheCursor) {
  const std::string left = "\x1b[D";
  std::string line = "slipway run -e oth e.json";
  for (int i = 0; i < 7; ++i) line += left;
  // fish does not tell a completion what is there.
  expect_words(line, {"-e", GetParam().shell == Shell::kFish ? "oth" : "other", "e.json"});
}

TEST_P(CompletionTest, AnExecutorsNameWithABlankIsOneWord) {
  expect_words("slipway run e.json -e my", {"e.json", "-e", "my one"});
  expect_words("slipway run e.json -e my\\ o", {"e.json", "-e", "my one"});
}

TEST_P(CompletionTest, AQuoteThatIsOpenIsHeeded) {
  // The shells close it, or leave that to who types.
  terminal_->type("slipway run e.json -e \"my o\t");
  terminal_->expect("my one");
}

TEST_P(CompletionTest, AnExecutorsNameIsTextWhateverIsInIt) {
  expect_words("slipway run odd.json -e a", {"-e", "a;touch pwned"});
  expect_words("slipway run odd.json -e it", {"-e", "it's \"q\""});
  expect_words("slipway run odd.json -e \\$", {"-e", "$(touch pwned)`touch pwned`"});
  EXPECT_FALSE(exists(dir_ / "pwned"));
}

TEST_P(CompletionTest, AValueThatWantsMoreGetsNoBlank) {
  expect_words("slipway run --cache-policy tt\t5m", {"--cache-policy", "ttl=5m"});
}

TEST_P(CompletionTest, SeveralFilesAreCompletedWhereACommandTakesThem) {
  expect_words("slipway check e.json od", {"check", "e.json", "odd.json"});
}

TEST_P(CompletionTest, BehindTheDashesACommandIsCompletedOrAnOptionOfRun) {
  expect_words("slipway run e.json -- unlin", {"--", "unlink"});
  expect_words("slipway wrap e.json -- --inh", {"--", "--inherit-env"});
}

TEST_P(CompletionTest, AFileThatCannotBeReadOffersNothing) {
  expect_words("slipway run none.json -e oth", {"none.json", "-e", "oth"});
}

TEST_P(CompletionTest, OptionsAreListedWithWhatTheyMean) {
  terminal_->type("slipway run --s\t\t");
  if (GetParam().shell == Shell::kBash) {
    terminal_->expect("--settings");  // bash has no place for more
  } else {
    terminal_->expect("the settings, instead of");
  }
}

class CompleteExecutors : public SlipwayTest {
 protected:
  std::string names_in(std::string_view text) {
    const auto said = slipway({"complete-executors", dir_.write("f.json", text)});
    EXPECT_EQ(said.exit_code, 0);
    EXPECT_EQ(said.err, "");
    return said.out;
  }
};

TEST_F(CompleteExecutors, NamesStandOneALine) {
  EXPECT_EQ(names_in(cat('[', entry_named("a b"), ',', entry_named("c"), ']')), "a b\nc\n");
  EXPECT_EQ(names_in(entry_named("alone")), "alone\n");
}

TEST_F(CompleteExecutors, AMistakeElsewhereTakesNoNameAway) {
  EXPECT_EQ(names_in(R"([{"executor":{"name":"x","comand":{}}},{"executor":{"name":"y"}}])"),
            "x\ny\n");
}

TEST_F(CompleteExecutors, NamesWithControlCharactersAreLeftOut) {
  EXPECT_EQ(names_in(cat('[', entry_named("a\\nb"), ',', entry_named("\\u001b[2J"), ',',
                         entry_named("\\u009b2J"), ',', entry_named("\\u00e4"), ']')),
            "\u00e4\n");
}

TEST_F(CompleteExecutors, WhatIsNoSuchFileIsQuietlyNothing) {
  EXPECT_EQ(names_in("no JSON"), "");
  EXPECT_EQ(names_in(""), "");
  for (const std::string& file : {dir_.path(), dir_ / "none", std::string("-"), std::string()}) {
    const auto said = slipway({"complete-executors", file}, As::kRoot, {}, entry_named("x"));
    EXPECT_EQ(said.out + said.err, "") << file;
    EXPECT_EQ(said.exit_code, 0) << file;
  }
}

TEST_F(CompleteExecutors, NobodyIsWaitedFor) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(slipway({"complete-executors", dir_ / "fifo"}).out, "");
}

}  // namespace
}  // namespace slipway::tests
