// argv → a command and its options, or what to print instead. Pure.
#pragma once

#include <string>
#include <variant>

#include "launcher/command/commands.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

struct Invocation {
  const CommandRow* command;
  Options options;
};

// --help and --version: text for stdout, exit status 0.
struct Answer {
  std::string text;
};

// A misuse: for stderr, with the exit status.
struct UsageError {
  std::string message;
  int status;
};

using CommandLine = std::variant<Invocation, Answer, UsageError>;

CommandLine parse_command_line(int argc, const char* const* argv);

// The text of `slipway --help`, made from the table of commands.
std::string general_help();

}  // namespace slipway::launcher
