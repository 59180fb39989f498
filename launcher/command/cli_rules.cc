#include "launcher/command/cli_rules.h"

namespace slipway::launcher {

namespace {

bool is_cache_action(std::string_view word) {
  return word == "ls" || word == "du" || word == "verify" || word == "prune" || word == "clear";
}

// Of the words that are no options.
std::string_view wrong_words(const CommandRow& command, const Options& options) {
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
  if (command.bit == kCacheBit &&
      (!is_cache_action(options.file) || !options.replacement.empty())) {
    return "cache takes one of ls, du, verify, prune, clear";
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

std::string_view contradiction_in(const CommandRow& command, const Options& options) {
  if (options.quiet && options.verbose) return "--quiet and --verbose exclude each other";
  if (options.no_cache && !options.cache_dir.empty()) {
    return "--no-cache and --cache-dir exclude each other";
  }
  if (options.prefetch && options.no_cache) return "--prefetch and --no-cache exclude each other";
  if (options.prefetch && !options.sandbox.empty()) {
    return "--prefetch fills no sandbox: leave --sandbox out";
  }
  if (const std::string_view wrong = wrong_words(command, options); !wrong.empty()) return wrong;
  if (options.kill_after && !options.supervise) return "--kill-after needs --supervise";
  return {};
}

}  // namespace slipway::launcher
