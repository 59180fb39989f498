// What lies below a directory: to be compared with another one, or with itself later.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::tests {

// One entry, without its times of access, which reading changes.
struct Found {
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  nlink_t links = 0;
  off_t size = 0;
  std::pair<dev_t, ino_t> inode;
  std::pair<std::int64_t, long> modified;
  std::pair<std::int64_t, long> changed;  // what no program can set
  std::string target;                     // of a symbolic link
  std::uint64_t content = 0;              // of a file: its content_hash()
  std::string attributes;                 // the names of its extended attributes
  bool operator==(const Found&) const = default;
};

// By path below the root, which itself is "".
using Snapshot = std::map<std::string, Found>;

// Paths may be longer than PATH_MAX. What `except` names is left out, with all below it. Files over
// `largest` bytes are not read: their times tell whether they were written to. A place that cannot
// be read is a failure of the test.
Snapshot snapshot(const std::string& root, const std::vector<std::string>& except = {},
                  off_t largest = INT64_MAX);

std::uint64_t content_hash(std::string_view content);

// For people and for comparisons: a line for each entry that one of them lacks or has otherwise, at
// most some; "" where they are equal.
using Picture = std::map<std::string, std::string>;
std::string differences(const Picture& expected, const Picture& found);

// Everything that is in a snapshot.
Picture full_picture(const Snapshot& snapshot);
// "file 644 12 bytes 1f2e3d4c5b6a7988, 2 links", "directory 755", "link to 'target'".
Picture tree_picture(const Snapshot& snapshot);
std::string file_line(mode_t permissions, std::string_view content, nlink_t links);
std::string directory_line(mode_t permissions);
std::string link_line(std::string_view target);

}  // namespace slipway::tests
