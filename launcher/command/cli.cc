#include "launcher/command/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "launcher/base/exit_status.h"
#include "launcher/command/cli_options.h"
#include "launcher/command/cli_rules.h"
#include "sandbox/base/text.h"
#include "sandbox/near_name.h"
#include "sandbox/version.h"

namespace slipway::launcher {

namespace {

constexpr std::size_t kHelpWidth = 80;  // columns

// `text` in lines of the help's width, from `column` on.
std::string wrap(std::string_view text, std::size_t column) {
  std::string out;
  std::size_t used = column;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (used > column && used + 1 + blank > kHelpWidth) {
      out += '\n' + std::string(column, ' ');
      used = column;
    } else if (used > column) {
      out += ' ';
      ++used;
    }
    out += text.substr(0, blank);
    used += blank;
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string option_line(const OptionRow& row) {
  constexpr std::size_t kColumn = 28;
  std::string names(row.names);
  if (const std::size_t comma = names.find(','); comma != std::string::npos)
    names.insert(comma + 1, " ");
  if (!row.value.empty()) names += cat(' ', row.value);
  std::string out = cat(names.starts_with("--") ? "      " : "  ", names);
  if (out.size() >= kColumn) out += '\n' + std::string(kColumn, ' ');
  return padded(std::move(out), kColumn) + wrap(row.help, kColumn) + '\n';
}

std::string command_help(const CommandRow& command) {
  std::string out =
      cat("Usage: slipway ", command.name, ' ', command.arguments, "\n\n",
          static_cast<char>(command.summary[0] - 'a' + 'A'), command.summary.substr(1), ".\n");
  for (const std::string_view note : command.notes) {
    if (!note.empty()) out += wrap(note, 0) + '\n';
  }
  std::string_view group;
  for (const OptionRow& row : option_rows()) {
    if ((row.commands & command.bit) == 0) continue;
    if (row.group != group) out += cat('\n', row.group, ":\n");
    group = row.group;
    out += option_line(row);
  }
  return out + option_line({"-h,--help", "", "show this help", "", 0, nullptr});
}

// Whether one of the words can be this option: "--name", "--name=value", or a '-' and letters, of
// which one is the option's, or what looks so and is another option's value.
bool may_be_said(const OptionRow& row, const std::vector<std::string>& words) {
  const std::size_t dashes = row.names.find("--");
  const std::string_view name = row.names.substr(dashes);
  const char letter = dashes > 0 ? row.names[1] : '\0';
  return std::ranges::any_of(words, [&](std::string_view word) {
    if (word.starts_with("--")) return word.substr(0, word.find('=')) == name;
    return letter != '\0' && word.starts_with('-') && word.find(letter) != std::string_view::npos;
  });
}

// CLI11 knows only the options of the chosen command that may be among the words: setting up each
// costs time at every start. What it does not know is left over, which is our matter anyway.
struct Parser {
  Parser(const CommandRow& command, const std::vector<std::string>& words) {
    app.set_help_flag();  // ours is made from the tables
    app.allow_extras();   // what is left over gets a message of ours
    app.add_flag("-h,--help", help);
    if (command.words == WordKind::kFiles) {
      app.add_option("FILE", options.files);
    } else if (command.words != WordKind::kNone) {
      app.add_option("FILE", options.file);
    }
    for (const OptionRow& row : option_rows()) {
      if ((row.commands & command.bit) == 0 || !may_be_said(row, words)) continue;
      const std::string names(row.names);
      if (row.value.empty()) {
        app.add_flag_function(names, [this, &row](std::int64_t) { apply(row, ""); });
      } else {
        app.add_option_function<std::vector<std::string>>(
               names,
               [this, &row](const std::vector<std::string>& values) {
                 for (const std::string& value : values) apply(row, value);
               })
            ->allow_extra_args(false)
            ->take_all();
      }
    }
  }

  void apply(const OptionRow& row, std::string_view value) {
    if (!error.empty()) return;
    const std::string_view name = row.names.substr(row.names.find("--"));
    if (auto applied = row.apply(options, value); !applied) {
      error = cat(name, ": ", applied.error().message());
    }
  }

  CLI::App app;
  Options options;
  bool help = false;
  std::string error;
};

UsageError misuse(const CommandRow& command, std::string_view what) {
  return {cat(what, what.ends_with('?') ? " See" : "; see", " 'slipway ", command.name, " --help'"),
          command.usage_status};
}

CommandLine parse_for(const CommandRow& command, std::vector<std::string> words);

// Nothing where the words are options of run that a wrapped command can have.
std::optional<UsageError> unfit_for_wrapped_run(const CommandRow& command,
                                                const std::vector<std::string>& words) {
  std::vector<std::string> all{"--inherit-env"};
  all.insert(all.end(), words.begin(), words.end());
  const CommandLine line = parse_for(*find_command("run"), std::move(all));
  if (const auto* wrong = std::get_if<UsageError>(&line)) {
    return UsageError{cat("what follows '--' are options of run: ", wrong->message),
                      command.usage_status};
  }
  const auto* run = std::get_if<Invocation>(&line);
  if (run == nullptr) return misuse(command, "--help is no option for a wrapped run");
  const Options& options = run->options;
  if (!options.file.empty())
    return misuse(command, cat("a wrapped run takes no FILE: ", quote(options.file)));
  if (!options.executor.empty())
    return misuse(command, "-e goes before '--': a wrapped run has one entry");
  if (!options.replacement.empty())
    return misuse(command, "a wrapped run executes the entry's command: no second '--'");
  if (options.status_fd) return misuse(command, "--status-fd: an agent opens no descriptor for it");
  return std::nullopt;
}

// "; did you mean '--sandbox'?", of the options of that command; empty where none is near.
std::string option_meant(const CommandRow& command, std::string_view word) {
  std::vector<std::string_view> known{"--help"};
  for (const OptionRow& row : option_rows()) {
    if ((row.commands & command.bit) != 0) known.push_back(row.names.substr(row.names.find("--")));
  }
  const auto near = near_name(word.substr(0, word.find('=')), known);
  return near ? cat("; did you mean ", quote(*near), '?') : std::string();
}

// The option without a value that is given one, as "--supervise=false": CLI11 would take it as
// said.
std::optional<std::string_view> flag_with_value(const CommandRow& command,
                                                const std::vector<std::string>& words) {
  for (const std::string_view word : words) {
    if (!word.starts_with("--") || word.find('=') == std::string_view::npos) continue;
    const std::string_view name = word.substr(0, word.find('='));
    if (name == "--help") return name;
    for (const OptionRow& row : option_rows()) {
      const bool is_it = row.names.substr(row.names.find("--")) == name;
      if (is_it && row.value.empty() && (row.commands & command.bit) != 0) return name;
    }
  }
  return std::nullopt;
}

// Of a word that belongs nowhere.
std::string left_over(const CommandRow& command, const std::string& word) {
  if (word.starts_with('-')) {
    return cat("there is no option ", quote(word), " of ", command.name,
               option_meant(command, word));
  }
  if (command.words == WordKind::kNone) return cat(command.name, " takes no FILE: ", quote(word));
  const std::string_view what = command.bit == kCacheBit ? "one action" : "one FILE";
  const std::string_view instead = command.bit == kWrapBit ? "; options of run go after '--'"
                                   : (command.bit & kTakesCommand) != 0
                                       ? "; a command to run instead goes after '--'"
                                       : "";
  return cat(what, " is enough: ", quote(word), instead);
}

bool all_named(const std::vector<std::string>& files) {
  return !files.empty() && std::ranges::none_of(files, &std::string::empty);
}

CommandLine parse_for(const CommandRow& command, std::vector<std::string> words) {
  Parser parser(command, words);
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end()) {
    parser.options.replacement.assign(dashes + 1, words.end());
    if (parser.options.replacement.empty())
      return misuse(command, command.bit == kWrapBit ? "'--' is followed by no option of run"
                                                     : "'--' is followed by no command");
    const bool takes_command = (command.bit & kTakesCommand) != 0 && command.bit != kWrapBit;
    if (takes_command && parser.options.replacement.front().empty())
      return misuse(command, "the command after '--' is empty");
    words.erase(dashes, words.end());
  }
  if (const auto flag = flag_with_value(command, words)) {
    return misuse(command, cat(*flag, " takes no value: leave it out where it shall not be"));
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    parser.app.parse(words);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view text = error.what();  // "--executor: 1 required TEXT missing"
    return misuse(command, cat(text.substr(0, text.find(':')), " needs a value"));
  } catch (const CLI::Error& error) {
    return misuse(command, error.what());
  }
  if (const auto left = parser.app.remaining(); !left.empty()) {
    return misuse(command, left_over(command, left.front()));
  }
  if (parser.help) return Answer{command_help(command)};
  // Of a variable of the shell's that is not set; it would count as none.
  const bool takes_file = command.words == WordKind::kFile || command.words == WordKind::kFiles;
  if (takes_file && command.group != CommandGroup::kHidden && parser.app["FILE"]->count() > 0 &&
      parser.options.file.empty() && !all_named(parser.options.files)) {
    return misuse(command, "the FILE is named by an empty word");
  }
  if (!parser.error.empty()) return misuse(command, parser.error);
  if (const auto contradiction = contradiction_in(command, parser.options);
      !contradiction.empty()) {
    return misuse(command, contradiction);
  }
  if (command.bit == kWrapBit) {
    if (auto unfit = unfit_for_wrapped_run(command, parser.options.replacement)) return *unfit;
  }
  return Invocation{&command, std::move(parser.options)};
}

std::string command_names() {
  std::string out;
  for (const CommandRow& row : commands()) {
    if (row.group != CommandGroup::kHidden) out += cat(out.empty() ? "" : ", ", row.name);
  }
  return out;
}

UsageError no_command(const std::string& word) {
  if (word.ends_with(".json")) {
    return {cat(quote(word), " is no command; did you mean 'slipway run ", escape(word),
                "'? See 'slipway --help'"),
            kExitUsage};
  }
  std::vector<std::string_view> known;
  for (const CommandRow& row : commands()) {
    if (row.group != CommandGroup::kHidden) known.push_back(row.name);
  }
  const auto near = near_name(word, known);
  return {near ? cat(quote(word), " is no command; did you mean ", quote(*near),
                     "? See 'slipway --help'")
               : cat(quote(word), " is no command (there is: ", command_names(),
                     "); see 'slipway --help'"),
          kExitUsage};
}

// `slipway help [COMMAND]`
CommandLine answer_help(const std::vector<std::string>& words) {
  if (words.size() < 2 || words[1] == "--help" || words[1] == "-h") return Answer{general_help()};
  const CommandRow* command = find_command(words[1]);
  if (command == nullptr) return no_command(words[1]);
  return Answer{command_help(*command)};
}

}  // namespace

std::string general_help() {
  std::string out =
      "Usage: slipway COMMAND …\n\n"
      "Readies what an Aurora/Mesos custom executor needs and runs it: fetches its URIs\n"
      "into the sandbox, mounts its volumes privately, executes the command in place.\n";
  auto group = CommandGroup::kHidden;
  for (const CommandRow& row : commands()) {
    if (row.group == CommandGroup::kHidden) continue;
    if (row.group != group) out += '\n';
    out += cat(padded(std::string(row.group == group ? "" : headline(row.group)), 12),
               padded(std::string(row.name), 8), row.summary, '\n');
    group = row.group;
  }
  return out +
         "\n'slipway COMMAND --help' lists a command's options, 'man slipway-COMMAND' tells\n"
         "all of it; 'slipway --version' tells the version.\n"
         "Exit status of run and shell: the executor's own; 125 slipway failed before that\n"
         "ran, 126 the program was found but cannot be executed, 127 it was not found.\n";
}

CommandLine parse_command_line(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty())
    return UsageError{cat("a command is needed: ", command_names(), "; see 'slipway --help'"),
                      kExitUsage};
  const std::string first = words.front();
  if (first == "--help" || first == "-h" || first == "help") return answer_help(words);
  if (first == "--version") return Answer{cat("slipway ", kVersion, '\n')};
  const CommandRow* command = find_command(first);
  if (command == nullptr) return no_command(first);
  words.erase(words.begin());
  return parse_for(*command, std::move(words));
}

}  // namespace slipway::launcher
