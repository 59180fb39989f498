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

// `text` with a backslash before each of `special`, fit for single quotes of the shell.
std::string described(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out;
}

// What _arguments does for a word of the kind.
std::string action(WordKind kind, std::string_view choices) {
  switch (kind) {
    case WordKind::kNone:
    case WordKind::kText:
      return " ";
    case WordKind::kChoice:
      return cat(" _slipway_choice ", choices);
    case WordKind::kFile:
    case WordKind::kFiles:
      return "_files";
    case WordKind::kDirectory:
      return "_files -/";
    case WordKind::kUser:
      return "_users";
    case WordKind::kVariable:
      return " _slipway_variable";
    case WordKind::kExecutor:
      return " _slipway_executor";
  }
  return " ";
}

// Those that add up; of the others one is enough.
bool may_be_repeated(const OptionRow& row) {
  return long_name(row).starts_with("--env");
}

// "'(-e --executor)'{-e+,--executor=}'[the executor that is meant]:NAME: _slipway_executor'"
std::string option_spec(const OptionRow& row) {
  const std::string_view brief = short_name(row);
  std::string out = may_be_repeated(row) ? "'*'" : cat("'(", names_of(row, " "), ")'");
  const bool is_switch = row.value.empty();
  const std::string full = cat(long_name(row), is_switch ? "" : "=");
  out += brief.empty() ? full : cat('{', brief, is_switch ? "" : "+", ',', full, '}');
  out += cat("'[", described(row.help, "[]\\"), ']');
  if (!is_switch) {
    out += cat(':', described(row.value, ":[]\\"), ':', action(row.kind, row.choices));
  }
  return out + '\'';
}

std::string word_spec(const CommandRow& command) {
  if (command.words == WordKind::kNone) return "";
  const std::string_view place = command.words == WordKind::kFiles ? "*" : "1";
  return cat("        '", place, ":word:", action(command.words, command.choices), "' \\\n");
}

std::string arguments_of(const CommandRow& command) {
  std::string out = cat("    (", command.name, ")\n      _arguments -s -S : \\\n");
  for (const OptionRow& row : launcher::option_rows()) {
    if ((row.commands & command.bit) != 0) out += cat("        ", option_spec(row), " \\\n");
  }
  return out + word_spec(command) +
         "        '(-h --help)'{-h,--help}'[show a summary of the options]'\n      ;;\n";
}

constexpr std::string_view kFunctions = R"(
# Sets REPLY to the FILE on the line: the first word that is no option and no option's value.
_slipway_file() {
  local -i i skip=0
  REPLY=
  for (( i = 2; i <= $#words; ++i )); do
    if (( skip )); then
      skip=0
      continue
    fi
    (( i == CURRENT )) && continue
    case ${words[i]} in
      (--) break ;;
      (${~_slipway_valued}) skip=1 ;;
      (-?*) ;;
      (*)
        REPLY=${(Q)words[i]}
        break
        ;;
    esac
  done
  if [[ $REPLY == '~/'* ]]; then REPLY=$HOME/${REPLY#'~/'}; fi
}

# The names in that file. Asking for them runs nothing of it.
_slipway_executor() {
  local REPLY expl
  local -a names
  _slipway_file
  names=("${(@f)$(command slipway complete-executors "$REPLY" 2>/dev/null)}")
  names=("${(@)names:#}")
  _wanted executors expl 'executor' compadd -a names
}

_slipway_choice() {
  local expl
  local -a open plain
  plain=("${(@)@:#*=}")
  open=("${(@M)@:#*=}")
  _wanted values expl 'value' compadd -a plain
  (( $#open )) && _wanted values expl 'value' compadd -S '' -a open
}

_slipway_variable() {
  _parameters -g '*export*'
}

_slipway() {
  if (( CURRENT == 2 )) || [[ $CURRENT == 3 && ${words[2]} == help ]]; then
    _describe -t commands 'command' _slipway_commands
    return
  fi
  local command=${words[2]}
  local -i dashes=${words[(i)--]}
  if (( dashes < CURRENT )); then
    case $command in
      (wrap) # options of run follow
        command=run
        words=(slipway run "${(@)words[dashes+1,-1]}")
        (( CURRENT -= dashes - 2 ))
        ;;
      (*)
        words=("${(@)words[dashes+1,-1]}")
        (( CURRENT -= dashes ))
        _normal
        return
        ;;
    esac
  fi
  words=("${(@)words[2,-1]}")
  (( CURRENT -= 1 ))
  _slipway_arguments $command
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _slipway "$@"
else
  compdef _slipway slipway
fi
)";

std::string command_table() {
  std::string out = "typeset -ga _slipway_commands=(\n";
  for (const CommandRow& row : launcher::commands()) {
    if (row.group == CommandGroup::kHidden) continue;
    out += cat("  '", row.name, ':', described(row.summary, ":\\"), "'\n");
  }
  return out + ")\n";
}

// A pattern of the options that take a value as the next word.
std::string valued_options() {
  std::string out;
  for (const OptionRow& row : launcher::option_rows()) {
    if (!row.value.empty()) out += cat(out.empty() ? "" : "|", names_of(row, "|"));
  }
  return cat("typeset -g _slipway_valued='(", out, ")'\n");
}

std::string argument_table() {
  std::string out = "\n_slipway_arguments() {\n  case $1 in\n";
  for (const CommandRow& row : launcher::commands()) {
    if (row.group != CommandGroup::kHidden) out += arguments_of(row);
  }
  return out + "  esac\n}\n";
}

}  // namespace

std::string zsh_completion() {
  return cat("#compdef slipway\n# zsh completion for slipway(1).\n\n", command_table(),
             valued_options(), argument_table(), kFunctions);
}

}  // namespace slipway::manual
