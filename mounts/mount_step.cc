#include "mounts/mount_step.h"

#include "sandbox/base/text.h"

namespace slipway::mounts {

namespace {

std::string names(const std::vector<sandbox::SandboxPath>& paths) {
  std::vector<std::string> quoted;
  quoted.reserve(paths.size());
  for (const auto& path : paths) quoted.push_back(quote(path.str()));
  return join(quoted, ", ");
}

std::string place_name(const Target& target) {
  return std::holds_alternative<sandbox::SandboxPath>(target)
             ? cat(quote(text_of(target)), " in the sandbox")
             : quote(text_of(target));
}

struct Describe {
  std::string operator()(const EnterNamespaces& step) const {
    switch (step.privilege) {
      case Privilege::kRealRoot:
        return "enter a new mount namespace";
      case Privilege::kRootForUser:
        return "enter a new user namespace (every id stays itself) and mount namespace";
      case Privilege::kOrdinaryUser:
        return "enter a new user namespace (own uid and gid only) and mount namespace";
    }
    return "";
  }
  std::string operator()(const IsolateMounts&) const {
    return "make every mount of the namespace slave and nosuid";
  }
  std::string operator()(const TakeVolume& step) const {
    return cat("take ", name_of(step.kind), " ", quote(step.host_path.str()),
               " with the rights of the task's user");
  }
  std::string operator()(const TakeOverlays&) const {
    return "take the cached trees as lower layers of overlays, with the rights of the task's user";
  }
  std::string operator()(const AttachOverlays&) const {
    return "mount an overlay on each directory that comes out of a cached tree, nosuid, nodev";
  }
  std::string operator()(const ExtendDirectory& step) const {
    std::vector<std::string> added;
    if (!step.directories.empty()) added.push_back(cat("directories ", names(step.directories)));
    if (!step.files.empty()) added.push_back(cat("files ", names(step.files)));
    return cat("extend ", place_name(step.directory), " inside the namespace only: mirror its ",
               step.entries, step.entries == 1 ? " entry" : " entries", ", add ",
               join(added, " and "));
  }
  std::string operator()(const MakeMountPoint& step) const {
    return cat("make ", is_directory(step.kind) ? "directory " : "file ", quote(step.path.str()),
               " in the sandbox where it is missing");
  }
  std::string operator()(const AttachVolume& step) const {
    const bool read_only = step.access == Access::kReadOnly;
    return cat("bind ", quote(step.host_path.str()), " on ", place_name(step.target),
               read_only ? " read-only" : " read-write", ", recursive, nosuid",
               step.kind == FileKind::kDevice ? "" : ", nodev",
               read_only ? ", private" : ", slave");
  }
  std::string operator()(const VerifyMounts&) const {
    return "verify the flags of every volume in the mount table";
  }
};

}  // namespace

std::string describe(const MountStep& step) {
  return std::visit(Describe{}, step);
}

}  // namespace slipway::mounts
