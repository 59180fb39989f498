// The hashes of new files, computed while they are written.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace slipway::fetcher {

// Threads may add.
class FileHashes {
 public:
  // The file of that inode has that content now; whatever an earlier file of this number held is
  // forgotten.
  void add(std::uint64_t inode, std::string sha256);
  // Before find(), when nothing will be added any more.
  void settle();
  // Nothing where it is not known, and of no file where there were more than so many: nobody may
  // fill our memory with them.
  [[nodiscard]] std::optional<std::string> find(std::uint64_t inode) const;

 private:
  struct Hash {
    std::uint64_t inode;
    std::string sha256;
  };
  std::mutex mutex_;
  std::vector<Hash> hashes_;
  bool full_ = false;
};

}  // namespace slipway::fetcher
