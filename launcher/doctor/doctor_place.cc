#include "launcher/doctor/doctor_place.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

// proc_filesystems(5) of network and cluster file systems; FUSE's are "fuse" and "fuse.NAME".
constexpr std::string_view kRemote[] = {
    "nfs",  "nfs4",   "cifs",      "smb3",   "smbfs", "9p",       "ceph",     "afs",
    "coda", "lustre", "glusterfs", "beegfs", "gpfs",  "orangefs", "virtiofs", "fuse",
};

// The mount by its id, which the kernel tells of a descriptor (Linux 5.8); else by the path.
Result<sandbox::MountEntry> mount_of(int directory, const std::string& path) {
  const auto table = TRY(sandbox::read_mountinfo());
  if (const auto id = sys::mount_id(directory)) {
    const auto found = std::ranges::find_if(
        table, [&](const auto& entry) { return static_cast<std::uint64_t>(entry.id) == *id; });
    if (found != table.end()) return *found;
  }
  const auto* enclosing = sandbox::find_enclosing(table, path);
  if (enclosing == nullptr) return Error(cat("no mount is known to hold ", quote(path)));
  return *enclosing;
}

}  // namespace

Result<Place> find_place(const sandbox::AbsolutePath& path) {
  Place place;
  auto at = path;
  for (;; at = at.parent()) {
    auto opened = sys::open_at(AT_FDCWD, at.str(), O_PATH | O_DIRECTORY);
    if (opened) {
      place.directory = *std::move(opened);
      break;
    }
    if (!opened.error().is(std::errc::no_such_file_or_directory) || at.is_root()) {
      return std::move(opened).error();
    }
    place.state = Place::State::kToMake;
  }
  place.path = TRY(sys::read_link(AT_FDCWD, sys::path_of(place.directory.get())));
  place.mount = TRY(mount_of(place.directory.get(), place.path));
  return place;
}

Result<bool> may_write(const Place& place) {
  return sys::may_access(place.directory.get(), ".", W_OK | X_OK);
}

bool is_remote(std::string_view fs_type) {
  return fs_type.starts_with("fuse.") || std::ranges::find(kRemote, fs_type) != std::end(kRemote);
}

Finding judge_room(std::string_view subject, const Room& room, std::string_view setting) {
  const std::string what = cat(rough_size(room.available), " free, of which ",
                               rough_size(room.reserve), " are to stay free");
  if (room.available > room.reserve) return ok(subject, what);
  return warn(
      subject, cat(what, ": too little"),
      cat("make room there, or lower free_space_reserve under [", setting, "] in the settings"));
}

}  // namespace slipway::launcher
