// The directory v1/ of a cache, and its files: always by descriptor, never through a link, and only
// regular ones of the owner.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// "DIRECTORY/NAME".
std::string in(std::string_view directory, std::string_view name);

class CacheDirectory {
 public:
  CacheDirectory(Fd version, uid_t owner) : version_(std::move(version)), owner_(owner) {}

  [[nodiscard]] uid_t owner() const { return owner_; }

  // A new file gets mode 0600. Errors: what is there is no regular file of the owner's.
  [[nodiscard]] Result<Fd> open_file(const std::string& path, int flags) const;
  // A new file in place of whatever file or link has that name.
  [[nodiscard]] Result<Fd> make_file(const std::string& path) const;
  // The whole text of a file; an error where it is longer than `limit`.
  [[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit) const;
  // Removes a file; one that is not there is fine.
  [[nodiscard]] Result<void> remove(const std::string& path) const;
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) const;

  // A regular file of the owner's; nothing where there is none.
  [[nodiscard]] std::optional<struct stat> find_file(const std::string& path) const;
  [[nodiscard]] bool has_directory(const std::string& path) const;
  // Whether `path` names the file that `fd` is.
  [[nodiscard]] Result<bool> names_file(const std::string& path, int fd) const;
  // The names in one of its directories, in no order.
  [[nodiscard]] Result<std::vector<std::string>> names(const char* directory) const;

  [[nodiscard]] int fd() const { return version_.get(); }

 private:
  Fd version_;
  uid_t owner_;
};

// What a file takes of the disk, in bytes.
inline std::uint64_t disk_bytes(const struct stat& file) {
  return static_cast<std::uint64_t>(file.st_blocks) * 512;  // inode(7): whatever the block size is
}

}  // namespace slipway::fetcher
