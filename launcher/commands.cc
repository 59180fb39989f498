#include "launcher/commands.h"

#include "launcher/exit_status.h"

namespace slipway::launcher {

namespace {

constexpr std::string_view kEntry =
    "FILE is an array of executor entries as Aurora's -custom_executor_config takes it, or one "
    "entry;\nor Mesos's own JSON: an ExecutorInfo, CommandInfo or TaskInfo, of protobuf or cut out "
    "of "
    "/state, or\na FetcherInfo, also in a line of a log. Without FILE the entry is taken from the "
    "environment variable\nSLIPWAY_ENTRY.";
constexpr std::string_view kEntryAndCommand =
    "FILE is an array of executor entries as Aurora's -custom_executor_config takes it, or one "
    "entry;\nor Mesos's own JSON: an ExecutorInfo, CommandInfo or TaskInfo, of protobuf or cut out "
    "of "
    "/state, or\na FetcherInfo, also in a line of a log. Without FILE the entry is taken from the "
    "environment variable\nSLIPWAY_ENTRY. The words after -- are run instead of the entry's "
    "command.";
constexpr std::string_view kEntryOrSandbox =
    "FILE is an array of executor entries as Aurora's -custom_executor_config takes it, or one "
    "entry;\nor Mesos's own JSON: an ExecutorInfo, CommandInfo or TaskInfo, of protobuf or cut out "
    "of "
    "/state, or\na FetcherInfo, also in a line of a log. Without FILE the entry is taken from the "
    "environment variable\nSLIPWAY_ENTRY. The words after -- are run instead of the entry's "
    "command.\nA SANDBOX is the directory "
    "of an earlier launch: it is reopened as its owner, with its volumes and\nits environment; "
    "nothing "
    "is fetched.";
constexpr std::string_view kReport =
    "SANDBOX is the directory of an earlier launch; FILE is its report, or what its status "
    "descriptor got;\n- is standard input.";

constexpr std::string_view kCacheActions =
    "ls      what is in it, the least recently used first\n"
    "du      how much it takes, and how much it may\n"
    "verify  hash everything, remove what is damaged; exit status 1 where something was\n"
    "prune   bring it below its limits, remove what nobody can use any more\n"
    "clear   remove everything that is not in use\n"
    "It is the cache of the user who asks, or of --user, at the place where run has it.";

constexpr std::string_view kWrap =
    "FILE is what Aurora's -custom_executor_config takes, or one entry; - is standard input. The "
    "same "
    "is\nwritten to standard output with every entry, or that of -e, launched through slipway: "
    "what "
    "the\nagent cannot do is moved into the variable SLIPWAY_ENTRY of the new command. The words "
    "after --\nare options of run for it. An entry that is wrapped already is wrapped anew.";
constexpr std::string_view kUnwrap =
    "FILE is what wrap has written; - is standard input. Every entry, or that of -e, is written "
    "to\n"
    "standard output as it was before; what is not wrapped is left as it is.";
constexpr std::string_view kDoctor =
    "What a launch with the same options would find on this host, tried where it can be tried, "
    "and with\n"
    "--launcher-dir that directory too. Nothing is changed. A line is ok, warn, or FAIL, with the "
    "remedy on\nthe next one. Exit status 1 where one failed.";

constexpr CommandRow kCommands[] = {
    {"run", "[FILE|-] [options] [-- COMMAND…]", "fetch, mount and run the executor of an entry",
     kEntryAndCommand, kRunBit, kExitSlipwayFailed, &command_run},
    {"plan", "[FILE|-] [options] [-- COMMAND…]", "show what run would do, and why; do nothing",
     kEntryAndCommand, kPlanBit, kExitUsage, &command_plan},
    {"shell", "[FILE|-|SANDBOX] [options] [-- COMMAND…]",
     "prepare as run does, or reopen an earlier sandbox, then an interactive shell",
     kEntryOrSandbox, kShellBit, kExitSlipwayFailed, &command_shell},
    {"fetch", "[FILE|-] [options]", "fetch as run does, or only into the cache; run nothing",
     kEntry, kFetchBit, kExitUsage, &command_fetch},
    {"report", "SANDBOX|FILE|- [options]", "show where the time of an earlier launch went", kReport,
     kReportBit, kExitUsage, &command_report},
    {"cache", "ls|du|verify|prune|clear [options]", "look after the cache", kCacheActions,
     kCacheBit, kExitUsage, &command_cache},
    {"wrap", "FILE|- [options] [-- run's options]",
     "write the same configuration, each command run through slipway", kWrap, kWrapBit, kExitUsage,
     &command_wrap},
    {"unwrap", "FILE|- [options]", "undo what wrap did", kUnwrap, kUnwrapBit, kExitUsage,
     &command_unwrap},
    {"doctor", "[options]", "look for what would go wrong on this host, and say the remedy",
     kDoctor, kDoctorBit, kExitUsage, &command_doctor},
};

}  // namespace

std::span<const CommandRow> commands() {
  return kCommands;
}

const CommandRow* find_command(std::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace slipway::launcher
