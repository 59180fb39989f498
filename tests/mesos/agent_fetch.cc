// The agent's part of fetching: FetcherProcess of src/slave/containerizer/fetcher.cpp.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <climits>
#include <string_view>

#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/user.h"
#include "tests/mesos/agent.h"
#include "tests/mesos/agent_process.h"
#include "tests/mesos/agent_size.h"

namespace slipway::tests {

// A fetch, with the entry of each item that goes through the cache.
struct Agent::Planned {
  struct Item {
    MesosUri uri;
    CacheEntryPtr entry = nullptr;
    bool created = false;
  };
  std::vector<Item> items;
  FetcherInfo info;
};

namespace {

// Which of the agent's variables mesos-fetcher does not get.
bool is_kept_back(const std::string& line) {
  constexpr std::array<std::string_view, 6> kPassed{
      "MESOS_EXTERNAL_LOG_FILE", "MESOS_INITIALIZE_DRIVER_LOGGING",
      "MESOS_LOG_DIR",           "MESOS_LOGBUFSECS",
      "MESOS_LOGGING_LEVEL",     "MESOS_QUIET"};
  std::string name = line.substr(0, line.find('='));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (!name.starts_with("MESOS_") && !name.starts_with("LIBPROCESS_")) return false;
  return std::find(kPassed.begin(), kPassed.end(), name) == kPassed.end();
}

// Created or emptied, and given to the user. An error's text has "chown" in it.
std::string open_output(const std::string& path, const std::string& user, Fd& file) {
  file = Fd(::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return cat("Failed to open '", path, "'");
  ::fchmod(file.get(), 0644);  // whatever the umask of these tests is
  if (user.empty()) return "";
  const auto account = sandbox::find_user(user);
  if (account && ::fchown(file.get(), account->uid, account->gid) == 0) return "";
  return cat("Failed to chown '", path, "' to user '", user, "': No such user");
}

std::string describe(int raw) {
  return WIFEXITED(raw) ? cat("exited with status ", WEXITSTATUS(raw))
                        : cat("terminated with signal ", WTERMSIG(raw));
}

}  // namespace

Outcome Agent::fetch(const Container& container, const std::string& sandbox) {
  Outcome outcome;
  outcome.sandbox = sandbox;
  if (const std::string error = validate(container.uris); !error.empty()) {
    outcome.failure = "Could not fetch: " + error;
    const std::lock_guard lock(mutex_);
    ++failed_;
    return outcome;
  }
  Planned planned = plan(container, sandbox);
  if (before_fetcher) before_fetcher();
  if (!planned.items.empty()) outcome.fetcher_info = to_json(planned.info);
  outcome.failure = run_fetcher(container, sandbox, outcome.fetcher_info);
  finish(planned, outcome.failure.empty());
  return outcome;
}

Agent::Planned Agent::plan(const Container& container, const std::string& sandbox) {
  Planned planned;
  for (const MesosUri& uri : without_duplicates(container.uris)) planned.items.push_back({uri});
  enter(container, planned);
  settle(planned);
  FetcherInfo& info = planned.info;
  info.sandbox_directory = sandbox;
  info.cache_directory = cache_.directory(container.user);
  info.user = container.user;
  info.frameworks_home = flags_.frameworks_home;
  info.stall_timeout_ns = flags_.fetcher_stall_timeout_ns;
  for (const Planned::Item& item : planned.items) {
    FetcherItem& line = info.items.emplace_back(FetcherItem{.uri = item.uri, .cache_filename = ""});
    if (item.entry == nullptr) continue;
    line.cache_filename = item.entry->filename;
    line.action = item.entry->state == CacheEntry::State::kPending
                      ? FetchAction::kDownloadAndCache
                      : FetchAction::kRetrieveFromCache;
  }
  return planned;
}

// A complete entry whose file somebody has removed is none.
bool Agent::is_usable(const CacheEntryPtr& entry) {
  if (entry == nullptr) return false;
  if (entry->state != CacheEntry::State::kComplete) return true;
  if (::access(entry->path().c_str(), F_OK) == 0) return true;
  cache_.remove(*entry);
  return false;
}

// Each URI that is to be cached gets its entry: an old one, one that this request has just made, or
// a new one.
void Agent::enter(const Container& container, Planned& planned) {
  const std::lock_guard lock(mutex_);
  std::vector<CacheEntryPtr> made;
  for (Planned::Item& item : planned.items) {
    if (!item.uri.cache) continue;
    item.entry = cache_.get(container.user, item.uri.value);
    if (!is_usable(item.entry)) {
      item.entry = cache_.create(container.user, item.uri.value);
      made.push_back(item.entry);
    }
    item.created = std::find(made.begin(), made.end(), item.entry) != made.end();
    ++item.entry->references;
  }
  changed_.notify_all();
}

// Our own entries get their room, others' are waited for; what fails bypasses the cache.
void Agent::settle(Planned& planned) {
  for (Planned::Item& item : planned.items) {
    if (item.created && item.entry->size == 0) reserve(*item.entry, item.uri.value);
  }
  std::unique_lock lock(mutex_);
  for (Planned::Item& item : planned.items) {
    if (item.entry == nullptr) continue;
    if (!item.created) {
      changed_.wait(lock, [&] { return item.entry->state != CacheEntry::State::kPending; });
    }
    if (item.entry->state != CacheEntry::State::kFailed) continue;
    --item.entry->references;
    item.entry = nullptr;
  }
}

void Agent::reserve(CacheEntry& entry, const std::string& uri) {
  const auto size = size_of_uri(uri, flags_.frameworks_home, flags_.environment);
  const std::lock_guard lock(mutex_);
  if (entry.state == CacheEntry::State::kFailed) return;
  if (size && cache_.reserve(entry, *size)) return;
  entry.state = CacheEntry::State::kFailed;
  cache_.remove(entry);
  changed_.notify_all();
}

std::string Agent::run_fetcher(const Container& container, const std::string& sandbox,
                               const std::string& info) {
  Fd out;
  Fd err;
  std::string error = open_output(sandbox + "/stdout", container.user, out);
  if (error.empty()) error = open_output(sandbox + "/stderr", container.user, err);
  if (!error.empty() || info.empty()) return error;
  char path[PATH_MAX];
  if (::realpath((flags_.launcher_dir + "/mesos-fetcher").c_str(), path) == nullptr) {
    return "Could not fetch URIs: failed to find mesos-fetcher";
  }
  auto in = sys::make_pipe();
  if (!in) return in.error().message();
  AgentProcess process{.argv = {"/bin/sh", "-c", path}, .env = fetcher_environment(info)};
  process.in = in->first.get();
  process.out = out.get();
  process.err = err.get();
  process.ignored = flags_.ignored;
  const pid_t pid = start_fetcher(process);
  const int raw = await_known(container.id, pid, flags_.executor_registration_timeout);
  if (raw == 0) return "";
  return cat("Failed to fetch all URIs for container '", container.id, "': ", describe(raw));
}

std::vector<std::string> Agent::fetcher_environment(const std::string& info) const {
  std::vector<std::string> env;
  for (const std::string& line : flags_.environment) {
    if (!is_kept_back(line)) env.push_back(line);
  }
  if (!flags_.hadoop_home.empty()) {
    std::erase_if(env, [](const std::string& line) { return line.starts_with("HADOOP_HOME="); });
    env.push_back("HADOOP_HOME=" + flags_.hadoop_home);
  }
  env.emplace_back("LIBPROCESS_IP=127.0.0.1");
  env.push_back("MESOS_FETCHER_INFO=" + info);
  return env;
}

void Agent::finish(Planned& planned, bool succeeded) {
  const std::lock_guard lock(mutex_);
  ++(succeeded ? succeeded_ : failed_);
  for (const Planned::Item& item : planned.items) {
    if (item.entry == nullptr) continue;
    --item.entry->references;
    if (item.entry->state != CacheEntry::State::kPending) continue;
    item.entry->state = succeeded ? CacheEntry::State::kComplete : CacheEntry::State::kFailed;
    succeeded ? cache_.adjust(*item.entry) : cache_.remove(*item.entry);
  }
  changed_.notify_all();
}

}  // namespace slipway::tests
