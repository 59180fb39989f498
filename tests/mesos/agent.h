// A Mesos agent's stand-in: what an agent does around mesos-fetcher and an executor, as a real one
// was seen to do it (Mesos 1.12, posix launcher). Containers may be launched from several threads.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/mesos/agent_cache.h"
#include "tests/mesos/fetcher_info.h"

namespace slipway::tests {

struct AgentFlags {
  std::string launcher_dir;
  std::string work_dir;
  std::string fetcher_cache_dir;
  std::uint64_t fetcher_cache_size = 2'000'000'000;
  std::string hadoop_home;
  std::string frameworks_home;
  std::int64_t fetcher_stall_timeout_ns = 60'000'000'000;
  // Counts from the start of the fetch; nothing: no limit.
  std::optional<std::chrono::milliseconds> executor_registration_timeout = std::nullopt;
  std::vector<std::string> environment;                     // the agent's own
  std::vector<std::string> executor_environment_variables;  // "NAME=value"
  std::vector<int> ignored = {};                            // signals, by the fetcher
};

struct Container {
  std::string id;  // the executor's; it is part of the sandbox's path
  std::string user;
  std::vector<MesosUri> uris;
  std::string command;  // for sh -c
};

// What became of a container.
struct Outcome {
  std::string failure;       // why it did not come to run; "" where it did
  std::string fetcher_info;  // as given to mesos-fetcher; "" where it was not started
  int status = -1;           // the executor's raw wait status
  std::string sandbox;
};

class Agent {
 public:
  // Wipes the cache, as an agent does when it starts.
  explicit Agent(AgentFlags flags);

  // A sandbox as it is made for a container: WORK/slaves/…/runs/ID, 0750, its user's.
  std::string make_sandbox(const Container& container);
  // The fetch stage alone, into that sandbox.
  Outcome fetch(const Container& container, const std::string& sandbox);
  // The whole: sandbox, fetch, executor, until that has ended.
  Outcome launch(const Container& container);
  // SIGKILL to the fetch or the executor of that container. False: there is none.
  bool destroy(const std::string& id);

  // Between the look at a URI's size and the start of mesos-fetcher.
  std::function<void()> before_fetcher;

  // The pid of what runs for that container, once something does: mesos-fetcher's shell, or the
  // launch helper.
  pid_t await_pid(const std::string& id);
  // Until so many containers use that URI's cache entry.
  void await_references(const std::string& user, const std::string& uri, int count);

  [[nodiscard]] std::pair<int, int> counters();     // fetches that succeeded, that failed
  [[nodiscard]] std::vector<std::string> cached();  // the names of the cache's files by its table
  [[nodiscard]] std::uint64_t cache_used();
  [[nodiscard]] std::string cache_directory(const std::string& user);

 private:
  struct Planned;
  Planned plan(const Container& container, const std::string& sandbox);
  void enter(const Container& container, Planned& planned);
  void settle(Planned& planned);
  void reserve(CacheEntry& entry, const std::string& uri);
  bool is_usable(const CacheEntryPtr& entry);
  std::string run_fetcher(const Container& container, const std::string& sandbox,
                          const std::string& info);
  std::vector<std::string> fetcher_environment(const std::string& info) const;
  std::vector<std::string> executor_environment(const Container& container,
                                                const std::string& sandbox) const;
  int run_executor(const Container& container, const std::string& sandbox);
  void finish(Planned& planned, bool succeeded);
  int await_known(const std::string& id, pid_t pid, std::optional<std::chrono::milliseconds> time);

  AgentFlags flags_;
  std::mutex mutex_;
  std::condition_variable changed_;
  FetcherCache cache_;
  std::map<std::string, pid_t> running_;
  int succeeded_ = 0;
  int failed_ = 0;
};

}  // namespace slipway::tests
