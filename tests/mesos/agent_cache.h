// The agent's table of what is in its cache (FetcherProcess::Cache): which file belongs to which
// user and URI, who uses it, what has to go. It touches files only to remove them. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

namespace slipway::tests {

struct CacheEntry {
  enum class State { kPending, kComplete, kFailed };
  std::string key;
  std::string directory;
  std::string filename;
  std::uint64_t size = 0;  // reserved
  int references = 0;
  State state = State::kPending;
  [[nodiscard]] std::string path() const { return directory + "/" + filename; }
};
using CacheEntryPtr = std::shared_ptr<CacheEntry>;

class FetcherCache {
 public:
  FetcherCache(std::string root, std::uint64_t space) : root_(std::move(root)), space_(space) {}

  // The directory of that user's entries.
  [[nodiscard]] std::string directory(const std::string& user) const;
  // The entry, which thereby becomes the most recently used; nullptr where there is none.
  CacheEntryPtr get(const std::string& user, const std::string& uri);
  // A new pending entry with a file name of its own.
  CacheEntryPtr create(const std::string& user, const std::string& uri);
  // Makes room: the least recently used that nobody references go. False, and nothing gone, where
  // that is not enough.
  bool reserve(CacheEntry& entry, std::uint64_t size);
  // Puts the account right after a download; what is larger than announced is not kept.
  void adjust(CacheEntry& entry);
  // Out of the table, and its file with it.
  void remove(const CacheEntry& entry);

  [[nodiscard]] const std::list<CacheEntryPtr>& entries() const { return entries_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }

 private:
  std::string root_;
  std::uint64_t space_;
  std::uint64_t used_ = 0;
  std::list<CacheEntryPtr> entries_;  // the least recently used first
  int serial_ = 0;
};

}  // namespace slipway::tests
