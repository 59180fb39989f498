#include "launcher/cli_options.h"

#include <charconv>

#include "launcher/commands.h"
#include "launcher/executor_id.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

// What stays with the executor's process has no meaning for a shell.
constexpr unsigned kNotShell = kRunBit | kPlanBit;
constexpr unsigned kAll = kRunBit | kPlanBit | kShellBit | kFetchBit;
constexpr unsigned kAllAndCache = kAll | kCacheBit;
constexpr unsigned kWraps = kWrapBit | kUnwrapBit;
// What does something that takes time.
constexpr unsigned kWorks = kRunBit | kShellBit | kFetchBit;

Result<void> take(std::string& field, std::string_view value) {
  if (value.empty()) return Error("needs a value that is not empty");
  field = value;
  return {};
}

Result<void> apply_task_id(Options& options, std::string_view value) {
  TRY(check_id(value));
  options.task_id = value;
  return {};
}

Result<void> apply_env(Options& options, std::string_view value) {
  const std::size_t equals = value.find('=');
  const std::string name(value.substr(0, equals));
  if (name.empty()) return Error("needs NAME or NAME=VALUE");
  options.env.push_back({name, equals == std::string_view::npos
                                   ? std::nullopt
                                   : std::optional(std::string(value.substr(equals + 1)))});
  return {};
}

Result<void> apply_cache_policy(Options& options, std::string_view value) {
  if (value == "revalidate") {
    options.cache_policy = fetcher::Revalidate{};
  } else if (value == "immutable") {
    options.cache_policy = fetcher::Immutable{};
  } else if (value == "refresh") {
    options.cache_policy = fetcher::Refresh{};
  } else if (value == "offline") {
    options.cache_policy = fetcher::Offline{};
  } else if (value.starts_with("ttl=")) {
    options.cache_policy = fetcher::Ttl{
        std::chrono::duration_cast<std::chrono::seconds>(TRY(parse_duration(value.substr(4))))};
  } else {
    return Error(
        cat(quote(value), " is none of revalidate, immutable, ttl=DURATION, refresh, offline"));
  }
  return {};
}

Result<void> apply_stdio(Options& options, std::string_view value) {
  if (value == "inherit") {
    options.stdio = sandbox::Stdio::kInherit;
  } else if (value == "sandbox") {
    options.stdio = sandbox::Stdio::kSandbox;
  } else {
    return Error(cat(quote(value), " is neither inherit nor sandbox"));
  }
  return {};
}

Result<void> apply_kill_after(Options& options, std::string_view value) {
  const auto duration = TRY(parse_duration(value));
  if (duration > std::chrono::hours(24)) return Error(cat(quote(value), " is more than a day"));
  options.kill_after = duration;
  return {};
}

// A number of things, in decimal.
Result<unsigned> parse_count(std::string_view value, unsigned least, unsigned most) {
  unsigned number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || number < least ||
      number > most) {
    return Error(cat(quote(value), " is not a number from ", least, " to ", most));
  }
  return number;
}

Result<void> apply_parallel(Options& options, std::string_view value) {
  options.parallel = TRY(parse_count(value, 1, 64));
  return {};
}

Result<void> apply_retries(Options& options, std::string_view value) {
  options.retries = TRY(parse_count(value, 0, 100));
  return {};
}

Result<void> apply_stall_timeout(Options& options, std::string_view value) {
  options.stall_timeout = TRY(parse_duration(value));
  if (options.stall_timeout->count() == 0) return Error("0 would let nothing through");
  return {};
}

Result<void> apply_timeout(Options& options, std::string_view value) {
  options.timeout = TRY(parse_duration(value));
  return {};
}

Result<void> apply_max_size(Options& options, std::string_view value) {
  options.max_size = TRY(parse_size(value));
  if (*options.max_size == 0) return Error("0 would let nothing through");
  return {};
}

Result<void> apply_status_fd(Options& options, std::string_view value) {
  // More than any limit of open files allows (fs.nr_open, proc(5)) is an error of another kind.
  options.status_fd = static_cast<int>(TRY(parse_count(value, 3, 1'000'000'000)));
  return {};
}

Result<void> apply_format(Options& options, std::string_view value) {
  if (value == "text") {
    options.format = OutputFormat::kText;
  } else if (value == "json") {
    options.format = OutputFormat::kJson;
  } else {
    return Error(cat(quote(value), " is neither text nor json"));
  }
  return {};
}

Result<void> apply_program(Options& options, std::string_view value) {
  if (!value.starts_with('/')) {
    return Error(cat(quote(value),
                     " is no absolute path, and an agent looks for another in the sandbox first"));
  }
  return take(options.program, value);
}

constexpr OptionRow kOptions[] = {
    {"-e,--executor", "NAME",
     "the entry to take, by its exact executor name; optional where there is one", "What to launch",
     kAll | kWraps,
     [](Options& options, std::string_view value) { return take(options.executor, value); }},
    {"-u,--user", "USER", "run as this user, by name or number (as root)", "What to launch",
     kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.user, value); }},
    {"--task-id", "ID", "task id; with the entry's task_prefix in front it is MESOS_EXECUTOR_ID",
     "What to launch", kAll, &apply_task_id},
    {"--sandbox", "DIR",
     "the sandbox, made where it is missing; else $MESOS_SANDBOX where that is the "
     "current directory, else a new directory in /tmp",
     "Where", kAll | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.sandbox, value); }},
    {"--settings", "FILE", "the settings, instead of /etc/slipway/slipway.toml", "Where",
     kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.settings, value); }},
    {"--cache-dir", "DIR", "the cache, made where it is missing", "Where",
     kAllAndCache | kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.cache_dir, value); }},
    {"--no-cache", "", "fetch everything anew, keep nothing", "Where", kAll,
     [](Options& options, std::string_view) -> Result<void> {
       options.no_cache = true;
       return {};
     }},
    {"--cache-policy", "POLICY",
     "when a cached copy is used: revalidate (default), immutable, "
     "ttl=DURATION, refresh, offline",
     "Where", kAll, &apply_cache_policy},
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
     }},
    {"--env", "NAME[=VALUE]", "set a variable for the executor, or pass it on; may be repeated",
     "Environment", kAll, &apply_env},
    {"--env-file", "FILE", "set the variables of FILE: lines of NAME=VALUE, or a /proc/PID/environ",
     "Environment", kAll,
     [](Options& options, std::string_view value) -> Result<void> {
       options.env_files.emplace_back(value);
       return {};
     }},
    {"--inherit-env", "", "pass on everything but SLIPWAY_*, instead of the documented few",
     "Environment", kAll,
     [](Options& options, std::string_view) -> Result<void> {
       options.inherit_env = true;
       return {};
     }},
    {"--supervise", "",
     "stay as the executor's parent: pass signals on, end everything it started when it ends, "
     "on SIGTERM, or when slipway's own parent ends",
     "The executor's life", kNotShell,
     [](Options& options, std::string_view) -> Result<void> {
       options.supervise = true;
       return {};
     }},
    {"--kill-after", "DURATION",
     "with --supervise: from SIGTERM to SIGKILL for what is left; default 5s",
     "The executor's life", kNotShell, &apply_kill_after},
    {"--stdio", "WHERE",
     "inherit (default), or sandbox: output is appended to stdout and stderr in the sandbox, "
     "input is /dev/null",
     "The executor's life", kNotShell, &apply_stdio},
    {"--mounts-only", "", "the agent goes on fetching the URIs; slipway does the rest", "Wrapping",
     kWrapBit,
     [](Options& options, std::string_view) -> Result<void> {
       options.mounts_only = true;
       return {};
     }},
    {"--program", "PATH", "where the agents have slipway; default /usr/bin/slipway", "Wrapping",
     kWrapBit, &apply_program},
    {"--launcher-dir", "DIR", "also a directory that an agent is to be given as its launcher_dir",
     "What to look at", kDoctorBit,
     [](Options& options, std::string_view value) { return take(options.launcher_dir, value); }},
    {"--format", "FORMAT", "text (default) or json", "Output",
     kPlanBit | kFetchBit | kReportBit | kCacheBit | kDoctorBit, &apply_format},
    {"--status-fd", "N", "write the report's lines, and progress, to this open descriptor too",
     "Output", kWorks, &apply_status_fd},
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
