// The steps a MountPlan consists of, as values. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "mounts/mount_spec.h"

namespace slipway::mounts {

// Who performs the plan; decides which namespaces there are.
enum class Privilege {
  kRealRoot,      // root, and the executor stays root: a mount namespace
  kRootForUser,   // root on behalf of a user: also a user namespace in which every id is itself
  kOrdinaryUser,  // also a user namespace that knows the own uid and gid only
};

struct EnterNamespaces {
  Privilege privilege = Privilege::kOrdinaryUser;
  bool operator==(const EnterNamespaces&) const = default;
};

// Nothing done here reaches the host, and no setuid program of the host works here.
struct IsolateMounts {
  bool operator==(const IsolateMounts&) const = default;
};

// Copies the mounts of a source, not yet visible anywhere, with their final flags.
struct TakeVolume {
  std::size_t volume = 0;  // its index in the entry
  sandbox::AbsolutePath host_path;
  FileKind kind = FileKind::kDirectory;
  Access access = Access::kReadOnly;
  ObjectId id = {};  // of what the survey saw: anything else is an error
  bool operator==(const TakeVolume&) const = default;
};

// How many entries a directory may have to be extended: each one costs a mount at every launch.
inline constexpr std::size_t kMostMirroredEntries = 1000;

// Makes the overlays upon cached trees (overlay_set.h), not yet visible anywhere.
struct TakeOverlays {
  bool operator==(const TakeOverlays&) const = default;
};

// Puts them on their directories in the sandbox, before anything is mounted below these.
struct AttachOverlays {
  bool operator==(const AttachOverlays&) const = default;
};

// Puts a sealed in-memory directory over a directory of the host or of a volume. It holds
// everything the directory does, and the new names besides.
struct ExtendDirectory {
  Target directory;
  std::size_t entries = 0;                        // that the directory has: each is mirrored
  std::vector<sandbox::SandboxPath> directories;  // new ones below it; parents first
  std::vector<sandbox::SandboxPath> files;
  bool operator==(const ExtendDirectory&) const = default;
};

// Makes an empty directory or file in the sandbox where there is nothing yet, with its parents.
struct MakeMountPoint {
  sandbox::SandboxPath path;
  FileKind kind = FileKind::kDirectory;  // of what will be mounted on it
  bool operator==(const MakeMountPoint&) const = default;
};

struct AttachVolume {
  std::size_t volume = 0;
  sandbox::AbsolutePath host_path;
  Target target;
  FileKind kind = FileKind::kDirectory;
  Access access = Access::kReadOnly;
  bool operator==(const AttachVolume&) const = default;
};

// Asks the kernel's mount table for the flags of every volume (verify.h).
struct VerifyMounts {
  bool operator==(const VerifyMounts&) const = default;
};

using MountStep =
    std::variant<EnterNamespaces, IsolateMounts, TakeVolume, TakeOverlays, ExtendDirectory,
                 AttachOverlays, MakeMountPoint, AttachVolume, VerifyMounts>;

// One line, for people: "bind '/host' on '/container' read-only, recursive, nosuid, nodev,
// private".
std::string describe(const MountStep& step);

}  // namespace slipway::mounts
