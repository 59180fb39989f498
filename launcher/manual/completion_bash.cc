#include <algorithm>

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

// What the functions below call a kind of word.
std::string kind_name(WordKind kind, std::string_view choices) {
  switch (kind) {
    case WordKind::kNone:
      return "none";
    case WordKind::kText:
      return "text";
    case WordKind::kChoice:
      return cat("'choice ", choices, '\'');
    case WordKind::kFile:
      return "file";
    case WordKind::kFiles:
      return "files";
    case WordKind::kDirectory:
      return "directory";
    case WordKind::kUser:
      return "user";
    case WordKind::kVariable:
      return "variable";
    case WordKind::kExecutor:
      return "executor";
  }
  return "none";
}

std::string options_of(const CommandRow& command) {
  std::string out = "-h --help";
  for (const OptionRow& row : launcher::option_rows()) {
    if ((row.commands & command.bit) != 0) out += cat(' ', names_of(row, " "));
  }
  return out;
}

std::string command_table() {
  std::string names;
  std::string cases;
  for (const CommandRow& row : launcher::commands()) {
    if (row.group == CommandGroup::kHidden) continue;
    names += cat(names.empty() ? "" : " ", row.name);
    cases += cat("    ", row.name, ") kind=", kind_name(row.words, row.choices), " options='",
                 options_of(row), "' ;;\n");
  }
  return cat("_slipway_commands='", names, "'\n\n",
             "# Of a command: what its word is, and its options.\n"
             "_slipway_command() {\n"
             "  case $1 in\n",
             cases, "    *) kind=none options='' ;;\n  esac\n}\n\n");
}

std::string option_table() {
  std::string cases;
  for (const OptionRow& row : launcher::option_rows()) {
    if (row.value.empty()) continue;
    cases +=
        cat("    ", names_of(row, " | "), ") kind=", kind_name(row.kind, row.choices), " ;;\n");
  }
  return cat(
      "# Of an option: what its value is; 'none' where it takes none.\n"
      "_slipway_option() {\n"
      "  case $1 in\n",
      cases, "    *) kind=none ;;\n  esac\n}\n\n");
}

constexpr std::string_view kFunctions =
    R"(# Takes a line apart: `words` gets its words without their quotes, `raw` the last one as it was typed,
# `quote` the quote that this one is in. Nothing is expanded: the line is not the shell's to run.
_slipway_split() {
  local line=$1 i c word='' state=blank
  words=() raw='' quote=''
  for ((i = 0; i < ${#line}; ++i)); do
    c=${line:i:1}
    if [[ -z $quote && $c == [[:blank:]] ]]; then
      [[ $state == blank ]] || words+=("$word")
      word='' raw='' state=blank
      continue
    fi
    raw+=$c state=word
    if [[ $c == '\' && $quote != "'" ]]; then
      i=$((i + 1))
      raw+=${line:i:1} word+=${line:i:1}
    elif [[ -n $quote && $c == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && $c == ["\"'"] ]]; then
      quote=$c
    else
      word+=$c
    fi
  done
  words+=("$word")
}

# Goes through words: `file` is the first that is no option and no option's value, `pending` the
# option whose value is next, `dashes` the number of the word '--'.
_slipway_walk() {
  local kind number=0 word
  for word; do
    number=$((number + 1))
    if [[ -n $pending ]]; then
      pending=''
      continue
    fi
    case $word in
      --) dashes=$number && return ;;
      -?*)
        _slipway_option "$word"
        [[ $kind == none ]] || pending=$word
        ;;
      *) [[ -n $file ]] || file=$word ;;
    esac
  done
}

# Offers those words that begin with $value. Each is quoted as it has to be where it stands, and less
# what readline takes for another word ($typed is the one that it replaces).
_slipway_reply() {
  local each form before=''
  [[ $raw != *"$typed" ]] || before=${raw:0:${#raw}-${#typed}}
  for each; do
    [[ $each == "$value"* ]] || continue
    if [[ -n $quote ]]; then
      [[ $each != *[\"\'\`\$\\!]* ]] || continue
      form=$prefix$quote$each
    else
      printf -v form '%s%q' "$prefix" "$each"
      # An '=' or a '~' within a word needs no quotes.
      [[ $each == *[!A-Za-z0-9_=.:/@%+-]* ]] || form=$prefix$each
    fi
    [[ $form == "$before"* ]] || continue
    COMPREPLY+=("${form:${#before}}")
  done
  [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

# The names in $file. Asking for them runs nothing of it.
_slipway_executors() {
  local names
  [[ $file != '~/'* ]] || file=$HOME/${file:2}
  mapfile -t names < <(command slipway complete-executors "$file" 2>/dev/null)
  _slipway_reply "${names[@]}"
}

# Offers what a word of this kind can be.
_slipway_offer() {
  local candidates
  case $1 in
    choice*) read -ra candidates <<<"${1#choice }" && _slipway_reply "${candidates[@]}" ;;
    file | files) compopt -o bashdefault -o default ;;
    directory) compopt -o dirnames ;;
    user) mapfile -t candidates < <(compgen -u) && _slipway_reply "${candidates[@]}" ;;
    variable) mapfile -t candidates < <(compgen -e) && _slipway_reply "${candidates[@]}" ;;
    executor) _slipway_executors ;;
  esac
}

# What follows '--': a command, or, of wrap, options of run.
_slipway_after_dashes() {
  if [[ $command != wrap ]]; then
    compopt -o bashdefault -o default
    ((${#words[@]} > dashes + 3)) || mapfile -t COMPREPLY < <(compgen -c -- "$value")
    return
  fi
  local at=$((dashes + 2))
  pending='' dashes=0
  _slipway_walk "${words[@]:at:${#words[@]}-at-1}"
  command=run file=-
  _slipway_word
}

# A word of a command's line.
_slipway_word() {
  local kind options
  if [[ -n $pending ]]; then
    _slipway_option "$pending"
    _slipway_offer "$kind"
  elif [[ $value == --*=* ]]; then
    _slipway_option "${value%%=*}"
    prefix=${value%%=*}= value=${value#*=}
    _slipway_offer "$kind"
  else
    _slipway_command "$command"
    if [[ $value == -* ]]; then
      read -ra options <<<"$options" && _slipway_reply "${options[@]}"
    elif [[ -z $file || $kind == files ]]; then
      _slipway_offer "$kind"
    fi
  fi
}

_slipway() {
  local typed=$2 words raw quote value prefix='' command file='' pending='' dashes=0
  COMPREPLY=()
  # What is behind the cursor can name the FILE, too.
  _slipway_split "x${COMP_LINE:COMP_POINT}"
  local behind=("${words[@]:1}")
  _slipway_split "${COMP_LINE:0:COMP_POINT}"
  value=${words[-1]}
  command=${words[1]-}
  if ((${#words[@]} <= 2)); then
    # shellcheck disable=SC2086 # one word for each
    _slipway_reply $_slipway_commands help --help --version
    return
  fi
  if [[ $command == help ]]; then
    # shellcheck disable=SC2086
    ((${#words[@]} > 3)) || _slipway_reply $_slipway_commands
    return
  fi
  _slipway_walk "${words[@]:2:${#words[@]}-3}"
  if ((dashes)); then
    _slipway_after_dashes
    return
  fi
  local now=$pending
  pending='' && _slipway_walk "${behind[@]}"
  pending=$now dashes=0
  _slipway_word
}

complete -F _slipway slipway
)";

}  // namespace

std::string bash_completion() {
  return cat(
      "# bash completion for slipway(1).\n# shellcheck shell=bash disable=SC1003,SC2088,SC2209\n\n",
      command_table(), option_table(), kFunctions);
}

}  // namespace slipway::manual
