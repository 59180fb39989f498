// /proc/PID/mountinfo as values (proc_pid_mountinfo(5)).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

struct MountEntry {
  int id = 0;
  int parent = 0;
  std::string mount_point;           // as seen from the process's root; octal escapes are resolved
  std::vector<std::string> options;  // of this mount: "ro", "nosuid", …
  std::optional<int> shared;         // its peer group
  std::optional<int> master;         // the peer group it is a slave of
  std::string fs_type;
  std::string source;
  std::vector<std::string> super_options;  // of the file system

  [[nodiscard]] bool has(std::string_view option) const;
};

// Every parent comes before its children, whatever the order of the text; entries that are their
// own parent or whose parent is not in the text come where they stand. One bad line fails the
// whole: a table with holes answers no question. Unknown optional fields are legal (the kernel may
// add some).
Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text);

// This process's own table.
Result<std::vector<MountEntry>> read_mountinfo();

// The mount an absolute, clean path lies in: the nearest one above it, the latest where several are
// stacked on one point. Null where the table has none, not even for "/".
const MountEntry* find_enclosing(std::span<const MountEntry> table, std::string_view path);

}  // namespace slipway::sandbox
