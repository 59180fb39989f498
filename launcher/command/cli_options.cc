#include "launcher/command/cli_options.h"

#include "launcher/command/cli_values.h"
#include "launcher/command/commands.h"

namespace slipway::launcher {

namespace {

// What stays with the executor's process has no meaning for a shell.
constexpr unsigned kNotShell = kRunBit | kPlanBit;
constexpr unsigned kAll = kRunBit | kPlanBit | kShellBit | kFetchBit;
constexpr unsigned kAllAndCache = kAll | kCacheBit;
constexpr unsigned kWraps = kWrapBit | kUnwrapBit;
// What does something that takes time.
constexpr unsigned kWorks = kRunBit | kShellBit | kFetchBit;

// What the manual says of options that one sentence is not enough for.
constexpr std::string_view kExecutorText =
    R"(The executor that is meant, by its exact name. It is needed where an entry is launched or shown and
there are several. *check* looks whether each file has it; *wrap* and *unwrap* take every entry
without it.)";
constexpr std::string_view kUserText =
    R"(As this user, by name or number. Of a launch it wins over the entry's *command.user*; *cache* looks
after that user's cache, *doctor* at that user's launches. Only root can name somebody else.)";
constexpr std::string_view kTaskIdText =
    R"(The task's id. *MESOS_EXECUTOR_ID* is the entry's task_prefix followed by it. Without this
option one that is set already stays.)";
constexpr std::string_view kSandboxText =
    R"(The sandbox, of whose path a launch makes the last directory where it is missing: not behind a link
that is neither root's nor the task's user's, and by root's rights not behind one of that user's either. Without it:
*$MESOS_SANDBOX* where that is the current directory, else a new directory in _/tmp_, which is kept
and named.)";
constexpr std::string_view kSettingsText =
    R"(The settings, instead of those in _/etc/slipway/slipway.toml_; see *slipway.toml*(5).)";
constexpr std::string_view kCacheDirText =
    R"(The cache, where what is marked "cache": true is kept. A launch makes it where it is missing.)";
constexpr std::string_view kPolicyText =
    R"(When a cached copy is used: *revalidate* (ask the server whether it is current; the default),
*immutable* (always), *ttl=*_DURATION_ (until it is that old), *refresh* (never: fetch anew) or
*offline* (always, and ask nothing of the network; files of this host are read).)";
constexpr std::string_view kMaterializeText =
    R"(How what the cache has gets into the sandbox: *copy*; *reflink*, sharing blocks with the cache until
one is written; *auto*, reflink where the file system can, else copy (the default); *overlay*, which
shows the directories of cached archives as overlay mounts, whatever they weigh. A list such as
*overlay,auto*: the first one that can be had. *MATERIALIZE* in *slipway-cache*(1) has the rest.)";
constexpr std::string_view kPrefetchText =
    R"(Fill the cache only: there is no sandbox. What does not go through the cache is named in a
warning and left; having no cache is an error.)";
constexpr std::string_view kEnvText =
    R"(Set a variable for the executor; without a value, pass on slipway's own, where it has one. May
be repeated.)";
constexpr std::string_view kEnvFileText =
    R"(Set the variables of this file: lines of NAME=VALUE, of which empty ones and those that begin with #
are passed over, and whose quotes are part of the value; or a _/proc/PID/environ_. They win over the
entry's, and those of *--env* over them. May be repeated.)";
constexpr std::string_view kInheritEnvText =
    R"(Pass on all of the caller's variables except *SLIPWAY_\**. Without it the executor finds the few
that *ENVIRONMENT OF THE EXECUTOR* in *slipway-run*(1) lists.)";
constexpr std::string_view kSuperviseText =
    R"(Stay as the executor's parent: pass signals on, and end everything that the executor started
when it ends, on SIGTERM, or when slipway's own parent ends; see *SUPERVISION* in
*slipway-run*(1).)";
constexpr std::string_view kKillAfterText =
    R"(With *--supervise*: the time from SIGTERM to SIGKILL for what is left; 5s, at most a day.)";
constexpr std::string_view kStdioText =
    R"(Where the executor's output goes: *inherit*, to slipway's own standard output and error (the
default), or *sandbox*, as on a Mesos agent: appended to the files _stdout_ and _stderr_ in the
sandbox (made 0644, with the task's user's rights), and standard input is _/dev/null_. What stands
there under these names must be a regular file without other names. No URI and no volume may take
them. slipway's own messages stay on its standard error.)";
constexpr std::string_view kForText =
    R"(*aurora*, the default: what Aurora's scheduler does not start with is an error, such as an
unknown key; what *run* refuses is one too. *slipway*: only the latter, and an unknown key is a
warning.)";
constexpr std::string_view kFormatText =
    R"(How the result is printed: *text*, for people (the default), or *json*.)";
constexpr std::string_view kStatusText =
    R"(Write the lines of the report, and progress, to this descriptor too. It is 3 or more and open for
writing. The executor does not get it. A reader that has gone is ignored. *slipway-report*(1) has
the lines.)";

constexpr OptionRow kOptions[] = {
    {"-e,--executor", "NAME", "the executor that is meant, by its exact name", "What to launch",
     kAll | kWraps | kCheckBit,
     [](Options& options, std::string_view value) { return take(options.executor, value); },
     WordKind::kExecutor, "", kExecutorText},
    {"-u,--user", "USER", "as this user, by name or number; only root can name another",
     "What to launch", kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.user, value); },
     WordKind::kUser, "", kUserText},
    {"--task-id", "ID", "task id; with the entry's task_prefix in front it is MESOS_EXECUTOR_ID",
     "What to launch", kAll, &apply_task_id, WordKind::kText, "", kTaskIdText},
    {"--sandbox", "DIR",
     "the sandbox (a launch makes its last directory); else $MESOS_SANDBOX where that is the "
     "current directory, else a new directory in /tmp",
     "Where", kAll | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.sandbox, value); },
     WordKind::kDirectory, "", kSandboxText},
    {"--settings", "FILE", "the settings, instead of /etc/slipway/slipway.toml", "Where",
     kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.settings, value); },
     WordKind::kFile, "", kSettingsText},
    {"--cache-dir", "DIR", "the cache (a launch makes it where it is missing)", "Where",
     kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.cache_dir, value); },
     WordKind::kDirectory, "", kCacheDirText},
    {"--no-cache", "", "fetch everything anew, keep nothing", "Where", kAll,
     [](Options& options, std::string_view) -> Result<void> {
       options.no_cache = true;
       return {};
     }},
    {"--cache-policy", "POLICY",
     "when a cached copy is used: revalidate (default), immutable, "
     "ttl=DURATION, refresh, offline",
     "Where", kAll, &apply_cache_policy, WordKind::kChoice,
     "revalidate immutable ttl= refresh offline", kPolicyText},
    {"--materialize", "WAYS",
     "how what is cached gets into the sandbox: auto (default), copy, reflink, overlay; "
     "or a list such as overlay,auto",
     "Where", kAll, &apply_materialize, WordKind::kChoice, "auto copy reflink overlay overlay,auto",
     kMaterializeText},
    {"--parallel", "N", "URIs that are fetched at a time; default 8", "Fetching", kAll,
     &apply_parallel},
    {"--retries", "N", "tries after the first, for failures that may pass; default 4", "Fetching",
     kAll, &apply_retries},
    {"--stall-timeout", "DURATION", "give a try up after so long without a byte; default 60s",
     "Fetching", kAll, &apply_stall_timeout},
    {"--timeout", "DURATION", "give a URI up after so long in all; default 0, never", "Fetching",
     kAll, &apply_timeout},
    {"--max-size", "SIZE", "give a URI up that is larger; default 100GiB", "Fetching", kAll,
     &apply_max_size},
    {"--prefetch", "", "fill the cache only: there is no sandbox", "Fetching", kFetchBit,
     [](Options& options, std::string_view) -> Result<void> {
       options.prefetch = true;
       return {};
     },
     WordKind::kNone, "", kPrefetchText},
    {"--env", "NAME[=VALUE]", "set a variable for the executor, or pass it on; may be repeated",
     "Environment", kAll, &apply_env, WordKind::kVariable, "", kEnvText},
    {"--env-file", "FILE", "set the variables of FILE: lines of NAME=VALUE, or a /proc/PID/environ",
     "Environment", kAll,
     [](Options& options, std::string_view value) -> Result<void> {
       options.env_files.emplace_back(value);
       return {};
     },
     WordKind::kFile, "", kEnvFileText},
    {"--inherit-env", "", "pass on everything but SLIPWAY_*, instead of the documented few",
     "Environment", kAll,
     [](Options& options, std::string_view) -> Result<void> {
       options.inherit_env = true;
       return {};
     },
     WordKind::kNone, "", kInheritEnvText},
    {"--supervise", "",
     "stay as the executor's parent: pass signals on, end everything it started when it ends, "
     "on SIGTERM, or when slipway's own parent ends",
     "The executor's life", kNotShell,
     [](Options& options, std::string_view) -> Result<void> {
       options.supervise = true;
       return {};
     },
     WordKind::kNone, "", kSuperviseText},
    {"--kill-after", "DURATION",
     "with --supervise: from SIGTERM to SIGKILL for what is left; default 5s",
     "The executor's life", kNotShell, &apply_kill_after, WordKind::kText, "", kKillAfterText},
    {"--stdio", "WHERE",
     "inherit (default), or sandbox: output is appended to stdout and stderr in the sandbox, "
     "input is /dev/null",
     "The executor's life", kNotShell, &apply_stdio, WordKind::kChoice, "inherit sandbox",
     kStdioText},
    {"--mounts-only", "", "the agent goes on fetching the URIs; slipway does the rest", "Wrapping",
     kWrapBit,
     [](Options& options, std::string_view) -> Result<void> {
       options.mounts_only = true;
       return {};
     }},
    {"--program", "PATH", "where the agents have slipway; default /usr/bin/slipway", "Wrapping",
     kWrapBit, &apply_program, WordKind::kFile},
    {"--launcher-dir", "DIR", "also a directory that an agent is to be given as its launcher_dir",
     "What to look at", kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.launcher_dir, value); },
     WordKind::kDirectory},
    {"--for", "WHOM",
     "aurora (default): the scheduler must start with it; slipway: run must take it", "Judging",
     kCheckBit | kSchemaBit, &apply_judge, WordKind::kChoice, "aurora slipway", kForText},
    {"--strict", "", "warnings are errors too", "Judging", kCheckBit,
     [](Options& options, std::string_view) -> Result<void> {
       options.strictness = Strictness::kWarningsFail;
       return {};
     }},
    {"--format", "FORMAT", "text (default) or json", "Output",
     kPlanBit | kFetchBit | kReportBit | kCacheBit | kDoctorBit | kCheckBit, &apply_format,
     WordKind::kChoice, "text json", kFormatText},
    {"--status-fd", "N", "write the report's lines, and progress, to this open descriptor too",
     "Output", kWorks, &apply_status_fd, WordKind::kText, "", kStatusText},
    {"-q,--quiet", "", "only warnings and errors", "Output", kAllAndCache,
     [](Options& options, std::string_view) -> Result<void> {
       options.quiet = true;
       return {};
     }},
    {"-v,--verbose", "", "say more", "Output", kAllAndCache,
     [](Options& options, std::string_view) -> Result<void> {
       options.verbose = true;
       return {};
     }},
};

}  // namespace

std::span<const OptionRow> option_rows() {
  return kOptions;
}

}  // namespace slipway::launcher
