// The list of all that is in a cached tree. Pure but for the reader.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct ManifestEntry {
  enum class Kind { kFile, kDirectory, kSymlink };
  Kind kind = Kind::kFile;
  mode_t mode = 0;
  // By what it is known again without being read; of a directory it changes with each name in it.
  std::uint64_t inode = 0;
  std::uint64_t links = 1;
  std::uint64_t size = 0;
  timespec modified{};
  timespec changed{};
  std::string sha256;  // of a file
  std::string path;    // below the tree's root, which itself is not in the list
  std::string target;  // of a link
};

// "KIND MODE INODE LINKS SIZE SECONDS.NANOSECONDS SECONDS.NANOSECONDS SHA256 PATH\0TARGET\0"
std::string to_record(const ManifestEntry& entry);

// Reads what to_record() has written, from the start of a file that may be larger than memory. In
// every directory what is no directory comes first, and a directory comes before what is in it.
class ManifestReader {
 public:
  explicit ManifestReader(int fd) : fd_(fd) {}  // borrowed

  // Nothing at the end. Errors: it is not a manifest, or cut off.
  Result<std::optional<ManifestEntry>> next();

 private:
  Result<std::optional<std::string>> field();

  int fd_;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// The hash of the text of its first so many entries, as to_record() would write them; of fewer
// where there are not so many.
Result<std::string> hash_of_first(std::uint64_t entries, int fd);

}  // namespace slipway::fetcher
