#include "mounts/extend_root.h"

#include <dirent.h>

#include "mounts/mount_calls.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::mounts {

namespace {

constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0644;

std::string below_root(const sandbox::AbsolutePath& path) {
  return path.str().substr(1);
}

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

// Before the host's entries are there: so these can only ever be made in memory.
Result<void> make_new_names(int root, const ExtendRoot& step) {
  for (const auto& path : step.directories) TRY(make_directory(root, below_root(path)));
  for (const auto& path : step.files) TRY(make_file(root, below_root(path)));
  return {};
}

Result<unsigned char> type_of(int dir, const sys::DirectoryEntry& entry) {
  if (entry.type != DT_UNKNOWN) return entry.type;
  const auto found = TRY(sys::stat_at(dir, entry.name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT));
  return static_cast<unsigned char>(IFTODT(found.st_mode));
}

Result<void> bind_entry(int old_root, const sys::DirectoryEntry& entry, unsigned char type,
                        int root) {
  auto copy = calls::copy_tree_at(old_root, entry.name);
  // Gone since it was listed: the same as if we had come a moment later.
  if (!copy && copy.error().is(std::errc::no_such_file_or_directory)) return {};
  const Fd mount = TRY(std::move(copy));
  if (type == DT_DIR) {
    TRY(sys::make_directory(root, entry.name, kDirectoryMode));
  } else {
    TRY(make_file(root, entry.name));
  }
  const Fd point = TRY(sys::open_beneath(root, entry.name, O_PATH));
  return calls::attach(mount.get(), point.get());
}

Result<void> mirror_entry(int old_root, const sys::DirectoryEntry& entry, int root) {
  const unsigned char type = TRY(type_of(old_root, entry));
  if (type != DT_LNK) return bind_entry(old_root, entry, type, root);
  return sys::make_symlink(TRY(sys::read_link(old_root, entry.name)), root, entry.name);
}

Result<void> mirror_entries(int old_root, int root) {
  const auto entries = TRY(sys::list(old_root));
  if (entries.size() > kMostRootEntries) {
    return Error(cat("'/' has ", entries.size(), " entries, more than ", kMostRootEntries));
  }
  for (const auto& entry : entries) {
    auto done = mirror_entry(old_root, entry, root);
    if (!done && done.error().is(std::errc::file_exists)) {
      return Error(cat(quote('/' + entry.name), " appeared on the host meanwhile: run again"));
    }
    TRY(std::move(done).context(cat("mirroring ", quote('/' + entry.name))));
  }
  return {};
}

}  // namespace

Result<void> extend_root(const ExtendRoot& step) {
  const Fd old_root = TRY(sys::open_at(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
  const Fd root = TRY(calls::make_memory_directory());
  TRY(make_new_names(root.get(), step));
  // Attached before it is filled: mounts can only be attached to what is in this namespace.
  TRY(calls::attach(root.get(), old_root.get()));
  TRY(mirror_entries(old_root.get(), root.get()));
  TRY(calls::set_attributes(root.get(),
                            {.read_only = true,
                             .no_setuid = true,
                             .no_devices = true,
                             .propagation = calls::Propagation::kPrivate},
                            calls::Reach::kThisMount));
  return calls::replace_root(root.get());
}

}  // namespace slipway::mounts
