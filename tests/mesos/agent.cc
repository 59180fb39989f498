#include "tests/mesos/agent.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "sandbox/base/text.h"
#include "sandbox/user.h"
#include "tests/mesos/agent_process.h"

namespace slipway::tests {

namespace fs = std::filesystem;

Agent::Agent(AgentFlags flags)
    : flags_(std::move(flags)), cache_(flags_.fetcher_cache_dir, flags_.fetcher_cache_size) {
  ::signal(SIGPIPE, SIG_IGN);
  fs::remove_all(flags_.fetcher_cache_dir);
  fs::create_directories(flags_.fetcher_cache_dir);
}

std::string Agent::make_sandbox(const Container& container) {
  static std::atomic<int> serial = 0;
  const fs::path executor = cat(flags_.work_dir, "/slaves/S0/frameworks/F0/executors/",
                                container.id.empty() ? "executor" : container.id);
  const std::string run = cat("run-", ++serial);
  const fs::path sandbox = executor / "runs" / run;
  fs::create_directories(sandbox);
  ::chmod(sandbox.c_str(), 0750);
  fs::remove(executor / "runs/latest");
  fs::create_symlink(run, executor / "runs/latest");
  if (const auto user = sandbox::find_user(container.user)) {
    (void)!::chown(sandbox.c_str(), user->uid, user->gid);
  }
  return sandbox;
}

Outcome Agent::launch(const Container& container) {
  Outcome outcome = fetch(container, make_sandbox(container));
  if (!outcome.failure.empty()) {
    outcome.failure = "Failed to launch container: " + outcome.failure;
    return outcome;
  }
  outcome.status = run_executor(container, outcome.sandbox);
  return outcome;
}

bool Agent::destroy(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return false;
  const bool killed = kill_tree(found->second);
  ::kill(-found->second, SIGKILL);  // the executor's session; a fetcher leads none
  return killed;
}

pid_t Agent::await_pid(const std::string& id) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_.contains(id); });
  return running_.at(id);
}

// It stays known until it is reaped, so that its number is still its own when it is destroyed.
int Agent::await_known(const std::string& id, pid_t pid,
                       std::optional<std::chrono::milliseconds> time) {
  {
    const std::lock_guard lock(mutex_);
    running_[id] = pid;
  }
  changed_.notify_all();
  await_end(pid, time);
  const std::lock_guard lock(mutex_);
  running_.erase(id);
  return reap(pid);
}

void Agent::await_references(const std::string& user, const std::string& uri, int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    const CacheEntryPtr entry = cache_.get(user, uri);
    return entry != nullptr && entry->references >= count;
  });
}

std::pair<int, int> Agent::counters() {
  const std::lock_guard lock(mutex_);
  return {succeeded_, failed_};
}

std::vector<std::string> Agent::cached() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const CacheEntryPtr& entry : cache_.entries()) names.push_back(entry->filename);
  return names;
}

std::uint64_t Agent::cache_used() {
  const std::lock_guard lock(mutex_);
  return cache_.used();
}

std::string Agent::cache_directory(const std::string& user) {
  return cache_.directory(user);
}

}  // namespace slipway::tests
