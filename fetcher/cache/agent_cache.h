// The cache of a Mesos agent's fetcher, as mesos-fetcher has it: a directory of one user, whose
// files the agent names, counts and removes (FetcherInfo.cache_directory, Item.cache_filename). It
// is forgotten and emptied whenever the agent starts.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/user.h"

namespace slipway::fetcher {

class AgentCache;

// The right to make one file. What is not published leaves nothing.
class AgentFill {
 public:
  AgentFill(AgentFill&& other) noexcept;
  AgentFill(const AgentFill&) = delete;
  AgentFill& operator=(const AgentFill&) = delete;
  AgentFill& operator=(AgentFill&&) = delete;
  ~AgentFill();

  [[nodiscard]] int file() const { return file_.get(); }  // new and empty
  // It appears under its name, whole, with that mode.
  Result<void> publish(mode_t mode);

 private:
  friend class AgentCache;
  AgentFill(AgentCache& cache, std::string name) : cache_(&cache), name_(std::move(name)) {}

  AgentCache* cache_;
  std::string name_;
  std::string temporary_;  // empty: there is none, or no longer
  Fd file_;
};

// May be used by several threads.
class AgentCache {
 public:
  // Removes what killed processes have left unfinished.
  explicit AgentCache(Fd directory);

  // The file of that name, open for reading; nothing where there is none. Errors: it is no regular
  // file, or cannot be read.
  [[nodiscard]] Result<std::optional<Fd>> find(const std::string& name) const;

  // Waits until no other thread of this process makes `name`; it may be there then. The agent sees
  // to it that no other process does.
  [[nodiscard]] Result<AgentFill> begin_fill(const std::string& name);

 private:
  friend class AgentFill;
  void release(const std::string& name);

  Fd directory_;
  std::mutex mutex_;
  std::condition_variable released_;
  std::set<std::string> being_filled_;
  unsigned serial_ = 0;
};

// Makes the directory where it is missing, with its parents, as the calling process, and gives it
// to `user` alone (0700; where that is the caller, a directory that is there keeps its mode). The
// way there may lead only through directories and links of root's or the caller's own that nobody
// else can exchange: root gives nothing else away. Errors: it belongs to somebody else; the way
// does.
Result<Fd> make_agent_cache(const std::string& path, const sandbox::User& user);

}  // namespace slipway::fetcher
