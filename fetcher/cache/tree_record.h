// What must be known of a cached tree to use it without reading its manifest. Pure.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/archive/archive_format.h"
#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// One in the root of the tree.
struct TopDirectory {
  std::string name;
  std::string identity;  // identity_of() it

  bool operator==(const TopDirectory&) const = default;
};

struct TreeRecord {
  std::string boot;             // the one in which it was written or verified
  std::string archive_sha256;   // of the content that was unpacked
  std::string manifest_sha256;  // of the manifest's text
  std::uint64_t entries = 0;    // in the manifest
  std::uint64_t disk_bytes = 0;
  std::uint64_t others = 0;   // in the root of the tree that are no directories
  std::string others_sha256;  // of the manifest's text about them, with which it begins
  std::string root_identity;  // identity_of() the root
  // All of them; none where there are more than kMostTopDirectories, or a name is not UTF-8.
  std::vector<TopDirectory> directories;

  bool operator==(const TreeRecord&) const = default;
};

// With more, a tree is copied: each would be a mount.
inline constexpr std::size_t kMostTopDirectories = 64;
inline constexpr std::size_t kTreeRecordMaxBytes = std::size_t{128} << 10;

std::string to_json(const TreeRecord& record);
// Errors: text that to_json() has not written, or not the whole of it.
Result<TreeRecord> parse_tree_record(std::string_view text);

// The name of the tree that an archive gives: of its content's hash, and of every rule that decides
// what comes out of it. 64 hexadecimal digits.
std::string tree_key(std::string_view sha256, ArchiveFormat format, std::string_view file_name,
                     const ExtractLimits& limits);

// Of that form, and no other process's or thread's: "KEY.PID.SECONDS.NUMBER".
std::string new_name_of_tree(std::string_view key);
// The key in such a name, or in one that is the key itself.
std::string key_of_tree(std::string_view name);
// Whether a tree of that name has been replaced, and is only there for who uses it still.
bool is_set_aside(std::string_view name);

}  // namespace slipway::fetcher
