#include "launcher/command/commands.h"

#include "launcher/base/exit_status.h"

namespace slipway::launcher {

namespace {

// What the words of a command are. Each is a paragraph of the help.
constexpr std::string_view kFile =
    "FILE is an array of executor entries as Aurora's -custom_executor_config takes it, or one "
    "entry; or Mesos's own JSON: an ExecutorInfo, CommandInfo or TaskInfo, of protobuf or cut "
    "out of /state, or a FetcherInfo, also in a line of a log. Without FILE the entry is taken "
    "from the environment variable SLIPWAY_ENTRY. Of several entries -e chooses one.";
constexpr std::string_view kWords = "The words after -- are run instead of the entry's command.";
constexpr std::string_view kSandboxToReopen =
    "A SANDBOX is the directory of an earlier launch: it is reopened as its owner, with its "
    "volumes and its environment; nothing is fetched.";
constexpr std::string_view kSandboxToShow =
    "A SANDBOX is the directory of an earlier launch: what was to be done there is shown, and what "
    "became of it, also where it failed.";
constexpr std::string_view kReport =
    "SANDBOX is the directory of an earlier launch; FILE is its report, or what its status "
    "descriptor got; - is standard input.";

constexpr Notes kCacheActions{
    "ls      what is in it, the least recently used first",
    "du      how much it takes, and how much it may",
    "verify  hash everything, remove what is damaged; exit status 1: not all is well",
    "prune   bring it below its limits, remove what nobody can use any more",
    "clear   remove everything that is not in use",
    "It is the cache of the user who asks, or of --user, at the place where run has it.",
};

constexpr std::string_view kWrap =
    "FILE is what Aurora's -custom_executor_config takes, or one entry; - is standard input. The "
    "same is written to standard output with every entry, or that of -e, launched through slipway: "
    "what the agent cannot do is moved into the variable SLIPWAY_ENTRY of the new command. The "
    "words after -- are options of run for it. An entry that is wrapped already is wrapped anew.";
constexpr std::string_view kUnwrap =
    "FILE is what wrap has written; - is standard input. Every entry, or that of -e, is written to "
    "standard output as it was before; what is not wrapped is left as it is.";
constexpr std::string_view kDoctor =
    "What a launch with the same options would find on this host, tried where it can be tried, and "
    "with --launcher-dir that directory too. Nothing is changed. A line is ok, warn, or FAIL, with "
    "the remedy on the next one. Exit status 1 where one failed.";

constexpr std::string_view kCheck =
    "FILE is what Aurora takes, with --for=slipway what run takes; - is standard input. Every "
    "problem of every entry is shown, with its line, its JSON pointer and what is expected there; "
    "with -e also where a file has no such executor. Exit status 0: no error, 1: errors.";
constexpr std::string_view kSchema =
    "JSON Schema, draft 2020-12, for editors. It cannot say everything that check looks for.";

using enum CommandGroup;

constexpr CommandRow kCommands[] = {
    {kLaunch,
     WordKind::kFile,
     "run",
     "[FILE|-] [options] [-- COMMAND…]",
     "fetch, mount and run the executor of an entry",
     {kFile, kWords},
     kRunBit,
     kExitSlipwayFailed,
     &command_run},
    {kLaunch,
     WordKind::kFile,
     "shell",
     "[FILE|-|SANDBOX] [options] [-- COMMAND…]",
     "prepare as run does, or reopen a sandbox; then a shell",
     {kFile, kWords, kSandboxToReopen},
     kShellBit,
     kExitSlipwayFailed,
     &command_shell},
    {kLaunch,
     WordKind::kFile,
     "fetch",
     "[FILE|-] [options]",
     "fetch as run does, or only into the cache; run nothing",
     {kFile},
     kFetchBit,
     kExitUsage,
     &command_fetch},
    {kLookFirst,
     WordKind::kFiles,
     "check",
     "FILE… [options]",
     "find every mistake in files of executor entries",
     {kCheck},
     kCheckBit,
     kExitUsage,
     &command_check},
    {kLookFirst,
     WordKind::kNone,
     "schema",
     "[options]",
     "print the JSON Schema of files of executor entries",
     {kSchema},
     kSchemaBit,
     kExitUsage,
     &command_schema},
    {kLookFirst,
     WordKind::kFile,
     "plan",
     "[FILE|-|SANDBOX] [options] [-- COMMAND…]",
     "show what run would do, and why; do nothing",
     {kFile, kWords, kSandboxToShow},
     kPlanBit,
     kExitUsage,
     &command_plan},
    {kLookFirst,
     WordKind::kNone,
     "doctor",
     "[options]",
     "look for what would go wrong on this host",
     {kDoctor},
     kDoctorBit,
     kExitUsage,
     &command_doctor},
    {kLookAfter,
     WordKind::kFile,
     "report",
     "SANDBOX|FILE|- [options]",
     "show where the time of an earlier launch went",
     {kReport},
     kReportBit,
     kExitUsage,
     &command_report},
    {kLookAfter, WordKind::kChoice, "cache", "ls|du|verify|prune|clear [options]",
     "look after the cache", kCacheActions, kCacheBit, kExitUsage, &command_cache,
     "ls du verify prune clear"},
    {kRewrite,
     WordKind::kFile,
     "wrap",
     "FILE|- [options] [-- run's options]",
     "the same configuration, each command through slipway",
     {kWrap},
     kWrapBit,
     kExitUsage,
     &command_wrap},
    {kRewrite,
     WordKind::kFile,
     "unwrap",
     "FILE|- [options]",
     "undo what wrap did",
     {kUnwrap},
     kUnwrapBit,
     kExitUsage,
     &command_unwrap},
    // What the shells' completions ask: the names of the executors in FILE, one a line. Nothing
    // where it cannot be read; names that would not be one line are left out.
    {kHidden,
     WordKind::kFile,
     "complete-executors",
     "FILE",
     "the names of its executors",
     {},
     kCompleteBit,
     kExitUsage,
     &command_complete_executors},
};

}  // namespace

std::string_view headline(CommandGroup group) {
  switch (group) {
    case kHidden:
      break;
    case kLaunch:
      return "Launch";
    case kLookFirst:
      return "Look first";
    case kLookAfter:
      return "Look after";
    case kRewrite:
      return "Rewrite";
  }
  return {};
}

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
