// The pages of the manual as they are installed: every reader renders them, and they say what the
// program's tables know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "fetcher/archive/archive_format.h"
#include "fetcher/plan/scheme.h"
#include "launcher/command/cli_options.h"
#include "launcher/command/commands.h"
#include "launcher/entry/entry_keys.h"
#include "sandbox/base/text.h"
#include "sandbox/message_code.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kMan = SLIPWAY_BUILD_DIR "/packaging/man/";

std::vector<std::string> pages() {
  std::vector<std::string> found;
  for (const auto& each : fs::directory_iterator(kMan)) {
    const std::string path = each.path();
    if (path.back() >= '1' && path.back() <= '8') found.push_back(path);
  }
  std::ranges::sort(found);
  return found;
}

// As a reader sees it, without marks and with single blanks, so that line ends do not matter.
std::string shown(const std::string& name) {
  const auto formatted = run_program({"mandoc", "-T", "utf8", "-O", "width=200", kMan + name}).out;
  std::string plain;
  for (std::size_t i = 0; i < formatted.size(); ++i) {
    // "x\b" before a character makes it bold or underlined.
    if (i + 1 < formatted.size() && formatted[i + 1] == '\b') {
      ++i;
    } else if (formatted[i] != '\n' && formatted[i] != ' ') {
      plain += formatted[i];
    } else if (!plain.ends_with(' ')) {
      plain += ' ';
    }
  }
  return plain;
}

const launcher::CommandRow* command_of(const std::string& page) {
  if (!page.starts_with("slipway-") || !page.ends_with(".1")) return nullptr;
  return launcher::find_command(page.substr(8, page.size() - 10));
}

TEST(Manual, HasAPageForEveryCommandThatPeopleCall) {
  for (const auto& command : launcher::commands()) {
    if (command.group == launcher::CommandGroup::kHidden) continue;
    const std::string page = cat("slipway-", command.name, ".1");
    EXPECT_TRUE(fs::exists(kMan + page) || fs::exists(SLIPWAY_SOURCE_DIR "/packaging/man/" + page))
        << page;
  }
  for (const char* page : {"slipway.1", "slipway-executors.5", "slipway.toml.5", "slipway-errors.7",
                           "slipway-fetcher.8", "slipway-launcher-dir.8"}) {
    EXPECT_TRUE(fs::exists(kMan + page)) << page;
  }
}

TEST(Manual, EveryPageIsFormattedWithoutAWarning) {
  ASSERT_GE(pages().size(), 16U);
  for (const std::string& page : pages()) {
    const auto groff =
        run_program({"groff", "-K", "utf8", "-T", "utf8", "-man", "-ww", "-z", page});
    EXPECT_EQ(groff.err + groff.out, "") << page;
    EXPECT_EQ(groff.exit_code, 0) << page;
    std::istringstream said(run_program({"mandoc", "-T", "lint", "-W", "warning", page}).out);
    for (std::string line; std::getline(said, line);) {
      // scdoc writes a paragraph's macro more often than it has to, which shows nowhere.
      EXPECT_THAT(line, HasSubstr("skipping paragraph macro: PP")) << page;
    }
  }
}

// Eighty columns, and the locale with the fewest characters.
RunOptions plain_terminal() {
  RunOptions options;
  options.env = {"PATH=/usr/bin:/bin", "LC_ALL=C", "MANWIDTH=80"};
  return options;
}

TEST(Manual, ManShowsEveryPageInEveryLocale) {
  for (const std::string& page : pages()) {
    const auto man = run_program({"man", "--warnings", "-l", page}, plain_terminal());
    EXPECT_EQ(man.exit_code, 0) << page;
    EXPECT_EQ(man.err, "") << page;
    EXPECT_THAT(man.out, AllOf(HasSubstr("NAME"), HasSubstr("SYNOPSIS"))) << page;
  }
}

TEST(Manual, UnwrapIsFoundOnThePageOfWrap) {
  TempDir dir;
  fs::create_directories(dir / "man1");
  fs::copy_file(kMan + "slipway-wrap.1", dir / "man1/slipway-wrap.1");
  fs::copy_file(SLIPWAY_SOURCE_DIR "/packaging/man/slipway-unwrap.1",
                dir / "man1/slipway-unwrap.1");
  const auto man = run_program({"man", "-M", dir.path(), "slipway-unwrap"}, plain_terminal());
  EXPECT_EQ(man.exit_code, 0) << man.err;
  EXPECT_THAT(man.out, HasSubstr("slipway unwrap"));
}

// The page of wrap is unwrap's, too.
TEST(Manual, APageIsNamedAsItsCommandIsInTheHelp) {
  for (const std::string& path : pages()) {
    const std::string page = fs::path(path).filename();
    const auto* command = command_of(page);
    if (command == nullptr || command->bit == launcher::kWrapBit) continue;
    EXPECT_THAT(shown(page), HasSubstr(cat(' ', command->summary, ' '))) << page;
  }
}

TEST(Manual, EveryOptionOfACommandStandsOnItsPage) {
  std::size_t seen = 0;
  for (const std::string& path : pages()) {
    const std::string page = fs::path(path).filename();
    const auto* command = command_of(page);
    if (command == nullptr) continue;
    ++seen;
    const std::string text = shown(page);
    for (const auto& row : launcher::option_rows()) {
      if ((row.commands & command->bit) == 0) continue;
      std::string term(row.names);
      if (const auto comma = term.find(','); comma != std::string::npos)
        term.insert(comma + 1, " ");
      EXPECT_THAT(text, HasSubstr(cat(' ', term, row.value.empty() ? "" : " ", row.value, ' ')))
          << page;
    }
  }
  EXPECT_GE(seen, 10U);
}

TEST(Manual, EveryCodeOfAMessageIsExplained) {
  const std::string text = shown("slipway-errors.7");
  for (const MessageRow& row : message_rows()) {
    EXPECT_THAT(text, HasSubstr(cat(' ', row.id, ' ')));
  }
}

TEST(Manual, EveryKeyOfAnEntryIsExplainedOrNamedAsOneWithoutAUse) {
  const std::string text = shown("slipway-executors.5");
  for (const launcher::EntryKey& key : launcher::entry_keys()) {
    // Keys that get an error of their own are named where it is said why.
    if (key.kind == launcher::ValueKind::kNothing) continue;
    EXPECT_THAT(text, ::testing::ContainsRegex(cat("[ ,*]", key.name, "[ ,.:]"))) << key.name;
  }
}

// Also in the words that the schema and a message have for them.
TEST(Manual, EverySchemeIsNamed) {
  const auto* key = launcher::find_key(launcher::EntryObject::kUri, "value");
  const auto failed = std::ranges::find(message_rows(), "E-FETCH-HADOOP", &MessageRow::id);
  const std::string entries = shown("slipway-executors.5");
  const std::string run = shown("slipway-run.1");
  for (const auto& [scheme, number] : fetcher::kSchemes) {
    const std::string name(scheme);
    EXPECT_THAT(entries, HasSubstr(name + ':'));
    EXPECT_THAT(run, HasSubstr(name + ':'));
    EXPECT_THAT(std::string(key->meaning), HasSubstr(name));
    EXPECT_THAT(std::string(failed->remedy), HasSubstr(name));
  }
}

TEST(Manual, EverySuffixOfAnArchiveIsNamed) {
  const std::string text = shown("slipway-executors.5");
  for (const auto& row : fetcher::kArchiveFormats) {
    EXPECT_THAT(text, ::testing::ContainsRegex(cat(" \\", row.suffix, "[ ,]"))) << row.suffix;
  }
}

TEST(Manual, PagesReferToPagesThatThereAre) {
  for (const std::string& path : pages()) {
    const std::string text = shown(fs::path(path).filename());
    for (std::size_t at = 0; (at = text.find("slipway", at)) != std::string::npos; ++at) {
      const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz.-", at);
      if (end == std::string::npos || text[end] != '(' || text[end + 2] != ')') continue;
      const std::string page = cat(text.substr(at, end - at), '.', text[end + 1]);
      EXPECT_TRUE(fs::exists(kMan + page) || page == "slipway-unwrap.1") << path << ": " << page;
    }
  }
}

}  // namespace
}  // namespace slipway::tests
