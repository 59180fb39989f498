// What an entry asks for: host paths that shall be seen at other places. Pure.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <variant>

#include "sandbox/base/result.h"
#include "sandbox/path.h"

namespace slipway::mounts {

enum class Access { kReadOnly, kReadWrite };

// Where a volume appears: below the sandbox, or anywhere else.
using Target = std::variant<sandbox::SandboxPath, sandbox::AbsolutePath>;

struct VolumeSpec {
  sandbox::AbsolutePath host_path;
  Target container_path;
  Access access = Access::kReadOnly;
};

// As far as mounts care: a directory goes on a directory, everything else on everything else, and
// only a device node keeps its use under a mount without nodev.
enum class FileKind { kDirectory, kFile, kDevice, kSocket, kPipe };

// Which object a path led to (stat(2)).
struct ObjectId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const ObjectId&) const = default;
};

[[nodiscard]] inline bool is_directory(FileKind kind) {
  return kind == FileKind::kDirectory;
}
[[nodiscard]] std::string_view name_of(FileKind kind);  // "a directory", "a pipe", …

// The rules that need no look at the host: refuses "/", and /proc, /sys, /dev with everything
// below.
Result<void> check_container_path(const sandbox::AbsolutePath& path);

// The target that counts: an absolute path below the sandbox is a path in the sandbox.
Target place_target(const Target& asked, const std::optional<sandbox::AbsolutePath>& sandbox_dir);

[[nodiscard]] const std::string& text_of(const Target& target);
[[nodiscard]] std::size_t depth_of(const Target& target);  // its number of components

// The path `up` components above the target; of an absolute one "/" at the most. `up` is less than
// the depth of a path in the sandbox.
[[nodiscard]] Target ancestor_of(const Target& target, std::size_t up);

// What `inner` is called inside `outer`; nothing where it does not lie properly below it.
std::optional<sandbox::SandboxPath> path_below(const Target& outer, const Target& inner);

}  // namespace slipway::mounts
