// The table of subcommands: it dispatches, and it writes the help.
#pragma once

#include <span>
#include <string_view>

#include "launcher/options.h"

namespace slipway::launcher {

struct CommandRow {
  std::string_view name;
  std::string_view arguments;  // as the usage line shows them
  std::string_view summary;    // one line
  std::string_view notes;      // what the help says of the arguments
  unsigned bit;                // its bit in OptionRow::commands
  int usage_status;            // the exit status of a usage error
  int (*perform)(const Options& options);
};

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

}  // namespace slipway::launcher
