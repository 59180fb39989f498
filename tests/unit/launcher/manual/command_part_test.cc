#include "launcher/manual/command_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"

namespace slipway::manual {
namespace {

using launcher::commands;
using launcher::find_command;
using launcher::option_rows;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CommandPart, ASynopsisMarksWhatIsTypedAndWhatStandsForSomething) {
  EXPECT_EQ(synopsis(*find_command("run")),
            "*slipway run* [_FILE_|-] [_options_] [*--* _COMMAND_…]");
  EXPECT_THAT(synopsis(*find_command("cache")), HasSubstr("*ls*|*du*|*verify*|*prune*|*clear*"));
}

TEST(CommandPart, AnOptionsTermHasItsNamesAndItsValue) {
  launcher::OptionRow row{"-e,--executor", "NAME", "", "", 0, nullptr};
  EXPECT_EQ(option_term(row), "*-e*, *--executor* _NAME_");
  row.names = "--env";
  row.value = "NAME[=VALUE]";
  EXPECT_EQ(option_term(row), "*--env* _NAME_[=_VALUE_]");
}

TEST(CommandPart, ACommandsListHasItsOptionsAndNoOther) {
  for (const auto& command : commands()) {
    const std::string list = cat('\n', option_list(command));
    for (const auto& row : option_rows()) {
      const std::string term = cat('\n', option_term(row), "\n\t");
      EXPECT_EQ(list.find(term) != std::string::npos, (row.commands & command.bit) != 0)
          << command.name << ' ' << row.names;
    }
  }
}

TEST(CommandPart, EveryCommandHasExitStatuses) {
  EXPECT_THAT(exit_statuses(*find_command("run")), HasSubstr("*125*\n"));
  EXPECT_THAT(exit_statuses(*find_command("plan")), HasSubstr("*125*\n"));
  for (const auto& command : commands()) {
    EXPECT_THAT(exit_statuses(command), HasSubstr(cat('*', command.usage_status, "*\n")))
        << command.name;
  }
}

TEST(CommandPart, TheListOfCommandsLeavesOutWhatProgramsAsk) {
  EXPECT_THAT(command_list(), HasSubstr("## Launch\n\n*slipway-run*(1)\n\t"));
  EXPECT_THAT(command_list(), Not(HasSubstr("complete-executors")));
}

}  // namespace
}  // namespace slipway::manual
