// What the command line says, as values. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/plan/materialize.h"
#include "sandbox/stdio.h"

namespace slipway::launcher {

enum class OutputFormat { kText, kJson };

// As whom `check` and `schema` judge a file: Aurora's scheduler, which does not start with an
// unknown key, or run.
enum class Judge { kAurora, kSlipway };
enum class Strictness { kWarningsPass, kWarningsFail };

// What takes the executor's place.
enum class Purpose {
  kRun,    // the entry's command, or the words after "--"
  kShell,  // an interactive shell, or the words after "--"
  kFetch,  // nothing: only the sandbox, or with `prefetch` the cache, is filled; nothing is mounted
};

// One --env NAME[=VALUE]. Without a value: that of slipway's own environment, if it is set there.
struct EnvRequest {
  std::string name;
  std::optional<std::string> value;
};

struct Options {
  Purpose purpose = Purpose::kRun;
  // "-": standard input; empty: the environment variable SLIPWAY_ENTRY; for a shell, a directory is
  // a sandbox to reopen; for a report, it is where that is
  std::string file;
  std::vector<std::string> files;  // of check, which takes several
  std::string executor;
  std::string sandbox;
  std::string user;
  std::optional<std::string> task_id;
  std::string settings;  // a file; empty: that of the host
  std::string cache_dir;
  bool no_cache = false;
  fetcher::CachePolicy cache_policy = fetcher::Revalidate{};
  std::optional<fetcher::Ways> materialize;
  // Of the settings' [fetch], where they are given.
  std::optional<unsigned> parallel;
  std::optional<unsigned> retries;
  std::optional<std::chrono::milliseconds> stall_timeout;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> max_size;
  std::vector<EnvRequest> env;
  std::vector<std::string> env_files;
  bool inherit_env = false;
  sandbox::Stdio stdio = sandbox::Stdio::kInherit;
  bool supervise = false;
  std::optional<std::chrono::milliseconds> kill_after;  // only together with supervise
  bool only_shown = false;  // the plan is printed, not performed: it may end without a command
  OutputFormat format = OutputFormat::kText;
  Judge judge = Judge::kAurora;
  Strictness strictness = Strictness::kWarningsPass;
  bool prefetch = false;
  bool mounts_only = false;  // of wrap: the agent goes on fetching the URIs
  bool quiet = false;
  bool verbose = false;
  std::optional<int> status_fd;  // 3 or more
  // The words after "--": run instead of the entry's command; for wrap, run's options.
  std::vector<std::string> replacement;
  std::string program = "/usr/bin/slipway";  // of wrap: what the agent is to start
  std::string launcher_dir;                  // what doctor is to look at
};

}  // namespace slipway::launcher
