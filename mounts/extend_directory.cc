#include "mounts/extend_directory.h"

#include <dirent.h>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

namespace {

constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0644;
constexpr mode_t kModeBits = 07777;

// The umask of the agent is not the business of a view that only the task has.
Result<void> make_directory(int dir, const std::string& path) {
  TRY(sys::make_directory(dir, path, kDirectoryMode));
  const Fd made = TRY(sys::open_beneath(dir, path, O_RDONLY | O_DIRECTORY));
  return sys::change_mode(made.get(), kDirectoryMode);
}

Result<void> make_file(int dir, const std::string& path) {
  const Fd made = TRY(sys::open_beneath(dir, path, O_CREAT | O_EXCL | O_WRONLY, kFileMode));
  return sys::change_mode(made.get(), kFileMode);
}

// Before the entries beneath are there: so these can only ever be made in memory.
Result<void> make_new_names(int memory, const ExtendDirectory& step) {
  for (const auto& path : step.directories) TRY(make_directory(memory, path.str()));
  for (const auto& path : step.files) TRY(make_file(memory, path.str()));
  return {};
}

Result<unsigned char> type_of(int dir, const sys::DirectoryEntry& entry) {
  if (entry.type != DT_UNKNOWN) return entry.type;
  const auto found = TRY(sys::stat_at(dir, entry.name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT));
  return static_cast<unsigned char>(IFTODT(found.st_mode));
}

Result<void> bind_entry(int beneath, const sys::DirectoryEntry& entry, unsigned char type,
                        int memory, MountCalls& calls) {
  auto copy = calls.copy_tree_at(beneath, entry.name);
  // Gone since it was listed: the same as if we had come a moment later.
  if (!copy && copy.error().is(std::errc::no_such_file_or_directory)) return {};
  const Fd mount = TRY(std::move(copy));
  if (type == DT_DIR) {
    TRY(sys::make_directory(memory, entry.name, kDirectoryMode));
  } else {
    TRY(make_file(memory, entry.name));
  }
  const Fd point = TRY(sys::open_beneath(memory, entry.name, O_PATH));
  return calls.attach(mount.get(), point.get());
}

Result<void> mirror_entry(int beneath, const sys::DirectoryEntry& entry, int memory,
                          MountCalls& calls) {
  const unsigned char type = TRY(type_of(beneath, entry));
  if (type != DT_LNK) return bind_entry(beneath, entry, type, memory, calls);
  return sys::make_symlink(TRY(sys::read_link(beneath, entry.name)), memory, entry.name);
}

Result<void> mirror_entries(int beneath, int memory, MountCalls& calls) {
  const auto entries = TRY(sys::list(beneath, kMostMirroredEntries + 1));
  if (entries.size() > kMostMirroredEntries) {
    return Error(cat("it has more than ", kMostMirroredEntries, " entries by now"));
  }
  for (const auto& entry : entries) {
    auto done = mirror_entry(beneath, entry, memory, calls);
    if (!done && done.error().is(std::errc::file_exists)) {
      return Error(cat(quote(entry.name), " appeared there meanwhile: run again"));
    }
    TRY(std::move(done).context(cat("mirroring ", quote(entry.name))));
  }
  return {};
}

Result<void> take_over_mode(int beneath, int memory) {
  const struct stat found = TRY(sys::stat_fd(beneath));
  const Fd own = TRY(sys::open_beneath(memory, ".", O_RDONLY | O_DIRECTORY));
  // An id that this user namespace does not know cannot own anything in it (EINVAL): the owner
  // shows as the task's user then. The mount is read-only, so that gives no right.
  (void)sys::change_owner(own.get(), found.st_uid, found.st_gid);
  return sys::change_mode(own.get(), found.st_mode & kModeBits);
}

}  // namespace

Result<void> extend_directory(const ExtendDirectory& step, int directory, MountCalls& calls) {
  const Fd memory = TRY(calls.make_memory_directory());
  TRY(make_new_names(memory.get(), step));
  // Attached before it is filled: mounts can only be attached to what is in this namespace.
  TRY(calls.attach(memory.get(), directory));
  TRY(mirror_entries(directory, memory.get(), calls));
  TRY(take_over_mode(directory, memory.get()));
  TRY(calls.set_attributes(memory.get(),
                           {.read_only = true,
                            .no_setuid = true,
                            .no_devices = true,
                            .propagation = Propagation::kPrivate},
                           Reach::kThisMount));
  const auto* absolute = std::get_if<sandbox::AbsolutePath>(&step.directory);
  if (absolute == nullptr || !absolute->is_root()) return {};
  return calls.replace_root(memory.get());
}

}  // namespace slipway::mounts
