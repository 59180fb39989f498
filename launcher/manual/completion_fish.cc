#include "launcher/command/cli_options.h"
#include "launcher/command/commands.h"
#include "launcher/manual/completion.h"
#include "launcher/manual/option_names.h"
#include "sandbox/base/text.h"

namespace slipway::manual {

namespace {

using launcher::CommandGroup;
using launcher::CommandRow;
using launcher::OptionRow;
using launcher::WordKind;

// A word of fish, in single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

// The flags of `complete` for a value of the kind.
std::string value_flags(WordKind kind, std::string_view choices) {
  switch (kind) {
    case WordKind::kNone:
      return "";
    case WordKind::kText:
      return " -x";
    case WordKind::kChoice:
      return cat(" -x -a ", quoted(choices));
    case WordKind::kFile:
    case WordKind::kFiles:
      return " -r -F";
    case WordKind::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case WordKind::kUser:
      return " -x -a '(__fish_complete_users)'";
    case WordKind::kVariable:
      return " -x -a '(set -nx)'";
    case WordKind::kExecutor:
      return " -x -a '(__slipway_executors)'";
  }
  return "";
}

std::string users_of(const OptionRow& option) {
  std::string out;
  for (const CommandRow& row : launcher::commands()) {
    if ((option.commands & row.bit) != 0) out += cat(' ', row.name);
  }
  return out;
}

std::string option_lines() {
  std::string out;
  for (const OptionRow& row : launcher::option_rows()) {
    out += cat("complete -c slipway -n '__slipway_uses", users_of(row), "'");
    if (!short_name(row).empty()) out += cat(" -s ", short_name(row).substr(1));
    out += cat(" -l ", long_name(row).substr(2),
               row.value.empty() ? std::string() : value_flags(row.kind, row.choices), " -d ",
               quoted(row.help), '\n');
  }
  return out;
}

// Behind '--' fish takes nothing for an option: there they are words.
std::string wrapped_options() {
  std::string out;
  const unsigned run = launcher::find_command("run")->bit;
  for (const OptionRow& row : launcher::option_rows()) {
    if ((row.commands & run) == 0) continue;
    out += cat("complete -c slipway -n __slipway_wraps -a ", long_name(row), " -d ",
               quoted(row.help), '\n');
  }
  return out;
}

// "-r" is of options only.
std::string word_flags(const CommandRow& row) {
  const bool is_file = row.words == WordKind::kFile || row.words == WordKind::kFiles;
  return is_file ? " -F" : cat(" -a ", quoted(row.choices));
}

std::string command_lines() {
  std::string out;
  for (const CommandRow& row : launcher::commands()) {
    if (row.group == CommandGroup::kHidden) continue;
    out += cat("complete -c slipway -n __slipway_needs_command -a ", row.name, " -d ",
               quoted(row.summary), '\n');
    if (row.words == WordKind::kNone) continue;
    out += cat("complete -c slipway -n '__slipway_uses ", row.name, "'", word_flags(row), '\n');
  }
  return out;
}

std::string valued_options() {
  std::string out = "set -g __slipway_valued";
  for (const OptionRow& row : launcher::option_rows()) {
    if (!row.value.empty()) out += cat(' ', names_of(row, " "));
  }
  return out + '\n';
}

constexpr std::string_view kFunctions = R"(
function __slipway_needs_command
    set -l words (commandline -opc)
    test (count $words) -eq 1
    or test (count $words) -eq 2 -a "$words[2]" = help
end

function __slipway_uses -d 'the command is one of these, and the cursor before --'
    set -l words (commandline -opc)
    test (count $words) -ge 2
    and contains -- $words[2] $argv
    and not contains -- -- $words
end

function __slipway_after_dashes
    set -l words (commandline -opc)
    contains -- "$words[2]" run plan shell
    and contains -- -- $words
end

function __slipway_wraps -d 'options of run follow --'
    set -l words (commandline -opc)
    test "$words[2]" = wrap
    and contains -- -- $words
end

# The names in the FILE on the line, the first word that is no option and no option's value. Asking
# for them runs nothing of it. What is behind the cursor fish does not tell.
function __slipway_executors
    set -l skip 0
    for word in (commandline -opc)[3..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case '-?*'
                contains -- $word $__slipway_valued; and set skip 1
            case '*'
                set word (string replace -r '^~/' "$HOME/" -- $word)
                command slipway complete-executors $word 2>/dev/null
                return
        end
    end
end

complete -c slipway -f
complete -c slipway -n __slipway_needs_command -s h -l help -d 'show the commands'
complete -c slipway -n __slipway_needs_command -l version -d 'show the version'
complete -c slipway -n 'not __slipway_needs_command' -s h -l help -d 'show a summary of the options'
complete -c slipway -n __slipway_after_dashes -F -a '(__fish_complete_command)'
)";

}  // namespace

std::string fish_completion() {
  return cat("# fish completion for slipway(1).\n\n", valued_options(), kFunctions, command_lines(),
             option_lines(), wrapped_options());
}

}  // namespace slipway::manual
