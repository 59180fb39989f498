#include "launcher/command/cli_rules.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

std::vector<std::string> choices_of(const CommandRow& command) {
  std::vector<std::string> choices;
  for (std::string_view rest = command.choices; !rest.empty();) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    choices.emplace_back(rest.substr(0, blank));
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  return choices;
}

// Of the words that are no options.
std::string wrong_words(const CommandRow& command, const Options& options) {
  if (command.bit == kShellBit && options.file == "-" && options.replacement.empty()) {
    return "standard input cannot be both the entry and the shell's: name a file, or a command "
           "after '--'";
  }
  if (command.bit == kReportBit && options.file.empty()) {
    return "report needs a SANDBOX, a FILE, or -";
  }
  if (command.bit == kCheckBit && options.files.empty()) {
    return "check needs a FILE, or - for standard input";
  }
  if (command.words == WordKind::kChoice) {
    const auto choices = choices_of(command);
    if (std::ranges::find(choices, options.file) == choices.end()) {
      return cat(command.name, " takes one of ", join(choices, ", "));
    }
  }
  // Of every other command, a new one too, they would be read over.
  if ((command.bit & kTakesCommand) == 0 && !options.replacement.empty()) {
    return "no command is run, so none can follow '--'";
  }
  if (command.bit == kWrapBit && options.file.empty()) {
    return "wrap needs a FILE, or - for standard input";
  }
  if (command.bit == kUnwrapBit && options.file.empty()) {
    return "unwrap needs a FILE, or - for standard input";
  }
  return {};
}

}  // namespace

std::string contradiction_in(const CommandRow& command, const Options& options) {
  if (options.quiet && options.verbose) return "--quiet and --verbose exclude each other";
  if (options.no_cache && !options.cache_dir.empty()) {
    return "--no-cache and --cache-dir exclude each other";
  }
  if (options.prefetch && options.no_cache) return "--prefetch and --no-cache exclude each other";
  if (options.prefetch && !options.sandbox.empty()) {
    return "--prefetch fills no sandbox: leave --sandbox out";
  }
  if (std::string wrong = wrong_words(command, options); !wrong.empty()) return wrong;
  if (options.kill_after && !options.supervise) return "--kill-after needs --supervise";
  return {};
}

}  // namespace slipway::launcher
