// The table of subcommands: it dispatches, and the help, the manual and the completions are made of
// it.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "launcher/base/word_kind.h"
#include "launcher/plan/options.h"

namespace slipway::launcher {

// What the commands are for, in the order of the help.
enum class CommandGroup : unsigned char {
  kHidden,  // for programs; neither the help nor a manual page has it
  kLaunch,
  kLookFirst,
  kLookAfter,
  kRewrite,
};
// "Launch"; empty for kHidden.
std::string_view headline(CommandGroup group);

// Paragraphs, in lines of any length; the first empty one ends them.
using Notes = std::array<std::string_view, 6>;

struct CommandRow {
  CommandGroup group;
  WordKind words;  // what its word, or words, are
  std::string_view name;
  std::string_view arguments;  // as the usage line shows them
  std::string_view summary;    // one line of the help: at most 58 characters
  Notes notes;                 // what the help says of the arguments
  unsigned bit;                // its bit in OptionRow::commands
  int usage_status;            // the exit status of a usage error
  int (*perform)(const Options& options);
  std::string_view choices = {};  // of kChoice: with a blank between
};

// Those of one group stand together.
std::span<const CommandRow> commands();
const CommandRow* find_command(std::string_view name);

inline constexpr unsigned kRunBit = 1;
inline constexpr unsigned kPlanBit = 2;
inline constexpr unsigned kShellBit = 4;
inline constexpr unsigned kFetchBit = 8;
inline constexpr unsigned kReportBit = 16;
inline constexpr unsigned kWrapBit = 32;
inline constexpr unsigned kUnwrapBit = 64;
inline constexpr unsigned kCacheBit = 128;
inline constexpr unsigned kDoctorBit = 256;
inline constexpr unsigned kCheckBit = 512;
inline constexpr unsigned kSchemaBit = 1024;
inline constexpr unsigned kCompleteBit = 1U << 15;
// Those that take a command after "--".
inline constexpr unsigned kTakesCommand = kRunBit | kPlanBit | kShellBit | kWrapBit;

// Each returns the exit status; on success `run` and `shell` do not return.
int command_run(const Options& options);
int command_plan(const Options& options);
int command_shell(const Options& options);
int command_cache(const Options& options);
int command_fetch(const Options& options);
int command_report(const Options& options);
int command_wrap(const Options& options);
int command_unwrap(const Options& options);
int command_doctor(const Options& options);
int command_check(const Options& options);
int command_schema(const Options& options);
int command_complete_executors(const Options& options);

}  // namespace slipway::launcher
