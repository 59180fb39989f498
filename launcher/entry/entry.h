// An entry of Aurora's -custom_executor_config, or what a message of Mesos's says, in values that
// cannot be wrong; no JSON in it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "mounts/mount_spec.h"

namespace slipway::launcher {

// The environment variable that an entry comes in where there is no file. It may hold credentials:
// no executor gets it from there.
inline constexpr char kEntryVariable[] = "SLIPWAY_ENTRY";

// CommandInfo with shell=true: /bin/sh -c line.
struct ShellCommand {
  std::string line;
};

// CommandInfo with shell=false: `value` is looked up, `arguments` are its argv verbatim, the first
// one being argv[0] (mesos.proto: execlp(value, arguments(0), arguments(1), ...)).
struct ProgramCommand {
  std::string value;
  std::vector<std::string> arguments;
};

// A FetcherInfo's: it says what is fetched, not what is run.
struct NoCommand {};

using Command = std::variant<ShellCommand, ProgramCommand, NoCommand>;

// The overhead of one executor instance; never a limit of the task's.
struct Resources {
  std::optional<double> cpus;
  std::optional<std::uint64_t> mem_mb;
};

// A number of cpus as people write it: "0.25", "1".
std::string text_of(double cpus);

struct Entry {
  std::string name;         // a job's ExecutorConfig(name='…')
  std::string task_prefix;  // of the executor ids
  Command command;
  std::optional<std::string> user;
  std::vector<std::pair<std::string, std::string>>
      environment;  // in order; of two, the last counts
  std::vector<fetcher::UriRequest> uris;
  std::vector<mounts::VolumeSpec> volumes;
  Resources resources;
  std::optional<std::string> executor_id = {};  // of one executor; of Mesos's messages only
};

// True where some URI goes through the cache.
bool wants_cache(const Entry& entry);

}  // namespace slipway::launcher
