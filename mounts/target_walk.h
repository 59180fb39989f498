// Where an absolute container_path really leads, read component by component.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mounts/mount_spec.h"
#include "sandbox/user.h"

namespace slipway::mounts {

struct TargetPlace {
  sandbox::AbsolutePath canonical;   // no symbolic link in it, missing components included
  std::vector<std::string> missing;  // the components at its end that do not exist
  // Of what exists there; nothing where components are missing, or where it lies in another volume,
  // in which the walk does not look.
  std::optional<FileKind> kind;

  bool operator==(const TargetPlace&) const = default;
};

// Of what stat(2) found.
FileKind kind_of(const struct stat& found);
ObjectId id_of(const struct stat& found);

// Whether that user could add, rename or replace names in this directory, so that what stands in it
// may be the user's work. For root: whether anybody else could. `dir` may be an O_PATH descriptor;
// the caller already has the user's rights (AsUser).
bool could_alter(const sandbox::User& user, const struct stat& found, int dir);

// A symbolic link on the way is followed only if the task's user could not have made it: it is
// somebody else's, and no directory above it can be altered by the user. Otherwise an error that
// names the link. Reads with the rights the caller has taken (AsUser). `covered`: directories that
// other volumes will be mounted on: what the host has below them is not what the task sees, so the
// walk ends there.
Result<TargetPlace> find_target(const sandbox::AbsolutePath& path, const sandbox::User& user,
                                std::span<const sandbox::AbsolutePath> covered = {});

}  // namespace slipway::mounts
