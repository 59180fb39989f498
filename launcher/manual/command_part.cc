#include "launcher/manual/command_part.h"

#include <algorithm>
#include <cctype>

#include "launcher/base/exit_status.h"
#include "launcher/manual/scdoc.h"
#include "sandbox/base/text.h"

namespace slipway::manual {

namespace {

using launcher::CommandGroup;
using launcher::CommandRow;
using launcher::OptionRow;

bool belongs_to_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '\'';
}

bool is_option_name(std::string_view word) {
  return word.starts_with('-') && word.find_first_not_of('-') != std::string_view::npos;
}

// A place for something: FILE; or words that stand for several: [options].
bool is_placeholder(std::string_view word) {
  if (word == "options" || word == "run's") return true;
  return std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

std::string marked_word(std::string_view word) {
  if (word.empty() || word == "-") return std::string(word);
  if (word == "--" || is_option_name(word)) return bold(word);
  return is_placeholder(word) ? underlined(word) : bold(word);
}

// "FILE|- [options]" with its words marked: what is typed as it stands is bold.
std::string marked(std::string_view usage) {
  std::string out;
  while (!usage.empty()) {
    const auto* const end = std::ranges::find_if_not(usage, belongs_to_word);
    const auto length = static_cast<std::size_t>(end - usage.begin());
    out += marked_word(usage.substr(0, length));
    if (length < usage.size()) out += usage[length];
    usage.remove_prefix(std::min(length + 1, usage.size()));
  }
  return out;
}

struct ExitRow {
  unsigned commands;
  std::string_view status;
  std::string_view meaning;
};
constexpr unsigned kExecutes = launcher::kRunBit | launcher::kShellBit;
constexpr unsigned kOther = ~(kExecutes | launcher::kPlanBit);
constexpr ExitRow kExits[] = {
    {launcher::kRunBit, "",
     "That of the executor, because it is executed in place; with *--supervise* its exit code, or\n"
     "128 + n where signal n ended it. Else:"},
    {launcher::kShellBit, "",
     "That of the shell, or of the command in its place, because it is executed in place. Else:"},
    {launcher::kRunBit, "125",
     "slipway failed before the executor ran: a mistake in the entry or on the command line, a\n"
     "fetch, a mount. The message says what, where, and what to do. With *--supervise* also: the\n"
     "executor could not be ended."},
    {launcher::kShellBit, "125",
     "slipway failed before the shell ran: a mistake in the entry or on the command line, a\n"
     "fetch, a mount. The message says what, where, and what to do."},
    {kExecutes, "126", "The program was found but cannot be executed."},
    {kExecutes, "127", "The program was not found."},
    {launcher::kPlanBit, "0", "The plan was printed."},
    {launcher::kPlanBit, "125",
     "It can be seen beforehand that *run* would fail, or the plan could not be printed."},
    {launcher::kPlanBit, "2", "A mistake on the command line."},
    {kOther, "0", "Everything is as it should be."},
    {kOther, "1", "Something failed or was found, and has been said."},
    {kOther, "2", "A mistake on the command line."},
};

}  // namespace

std::string synopsis(const CommandRow& command) {
  return cat("*slipway ", command.name, "* ", marked(command.arguments));
}

std::string option_term(const OptionRow& row) {
  std::string out;
  std::string_view names = row.names;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    out += cat(out.empty() ? "" : ", ", bold(names.substr(0, comma)));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return row.value.empty() ? out : cat(out, ' ', marked(row.value));
}

std::string option_list(const CommandRow& command) {
  std::string out;
  std::string_view group;
  for (const OptionRow& row : launcher::option_rows()) {
    if ((row.commands & command.bit) == 0) continue;
    if (row.group != group) out += cat("## ", row.group, "\n\n");
    group = row.group;
    out += definition(option_term(row),
                      row.manual.empty() ? escaped(sentence(row.help)) : std::string(row.manual));
  }
  return out + definition("*-h*, *--help*", "Show a summary of these options.");
}

std::string exit_statuses(const CommandRow& command) {
  std::string out;
  for (const ExitRow& row : kExits) {
    if ((row.commands & command.bit) == 0) continue;
    out +=
        row.status.empty() ? cat(row.meaning, "\n\n") : definition(bold(row.status), row.meaning);
  }
  return out;
}

std::string command_list() {
  std::string out;
  auto group = CommandGroup::kHidden;
  for (const CommandRow& row : launcher::commands()) {
    if (row.group == CommandGroup::kHidden) continue;
    if (row.group != group) out += cat("## ", headline(row.group), "\n\n");
    group = row.group;
    out += definition(cat("*slipway-", row.name, "*(1)"), escaped(sentence(row.summary)));
  }
  return out;
}

}  // namespace slipway::manual
