#include "fetcher/archive/tree_writer.h"

#include <algorithm>
#include <climits>

#include "fetcher/archive/new_file.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kTimesBytes = std::size_t{64} << 20;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY;

// openat2(2) answers ELOOP for a link and ENOTDIR for anything else that is no directory.
Error blocked(const std::string& path, Error error) {
  if (error.is(std::errc::too_many_symbolic_link_levels)) {
    return Error(
        cat("its parent ", quote(path), " leads through a symbolic link that the archive made"));
  }
  if (error.is(std::errc::not_a_directory)) {
    return Error(cat("its parent ", quote(path), " is not a directory in the archive"));
  }
  return error;
}

bool exists_already(const Result<void>& result) {
  return !result && result.error().is(std::errc::file_exists);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

mode_t directory_mode(const Attributes& attributes) {
  return (attributes.permissions & 0755) | 0700;
}

// Looked at once on a file without a name. Where that cannot be had every mode is set by hand.
bool new_modes_are_exact(int root) {
  const auto file = sys::open_at(root, ".", O_TMPFILE | O_WRONLY, 0755);
  if (!file) return false;
  const auto found = sys::stat_fd(file->get());
  return found && (found->st_mode & 07777) == 0755;
}

}  // namespace

TreeWriter::TreeWriter(int root, Budget& budget, FileHashes* hashes)
    : root_(root), budget_(budget), hashes_(hashes), modes_are_exact_(new_modes_are_exact(root)) {}

Result<std::unique_ptr<FileSink>> TreeWriter::create_file(const sandbox::SandboxPath& path,
                                                          const Attributes& attributes) {
  TRY(budget_.add_entry());
  const int parent = TRY(directory(path.parent_str()));
  const std::string name = path.name();
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const mode_t mode = modes_are_exact_ ? file_mode(attributes) : 0600;
  auto fd = sys::open_at(parent, name, kFlags, mode);
  if (!fd && fd.error().is(std::errc::file_exists)) {
    TRY(clear_name(parent, name));
    fd = sys::open_at(parent, name, kFlags, mode);
  }
  return std::unique_ptr<FileSink>(std::make_unique<NewFile>(
      TRY(std::move(fd)), attributes, modes_are_exact_ ? FileMode::kSet : FileMode::kToSet, budget_,
      hashes_));
}

Result<void> TreeWriter::add_directory(const sandbox::SandboxPath& path,
                                       const Attributes& attributes) {
  TRY(budget_.add_entry());
  const int parent = TRY(directory(path.parent_str()));
  const std::string name = path.name();
  const mode_t mode = directory_mode(attributes);
  auto made = sys::make_directory(parent, name, mode);
  if (exists_already(made)) {
    const auto found = TRY(sys::stat_at(parent, name));
    if (S_ISDIR(found.st_mode)) {
      TRY(sys::change_mode(TRY(existing_directory(path.str())), mode));
    } else {
      TRY(sys::unlink(parent, name));
      TRY(sys::make_directory(parent, name, mode));
      TRY(open_new(parent, name, path.str(), mode));
    }
  } else {
    TRY(std::move(made));
    TRY(open_new(parent, name, path.str(), mode));
  }
  if (attributes.modified) remember_time(path.str(), *attributes.modified);
  return {};
}

Result<void> TreeWriter::add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                                     std::optional<timespec> modified) {
  TRY(budget_.add_entry());
  if (target.empty()) return Error("a symbolic link without a target");
  if (target.size() >= PATH_MAX) {
    return Error(cat("a symbolic link whose target has more than ", PATH_MAX - 1, " bytes"));
  }
  if (target.find('\0') != std::string::npos) return Error("a link target with a NUL byte");
  const int parent = TRY(directory(path.parent_str()));
  const std::string name = path.name();
  auto made = sys::make_symlink(target, parent, name);
  if (exists_already(made)) {
    TRY(clear_name(parent, name));
    made = sys::make_symlink(target, parent, name);
  }
  TRY(std::move(made));
  if (!modified) return {};
  return sys::set_times_at(parent, name, {.tv_sec = 0, .tv_nsec = UTIME_OMIT}, *modified);
}

Result<void> TreeWriter::add_hard_link(const sandbox::SandboxPath& path,
                                       const sandbox::SandboxPath& target) {
  TRY(budget_.add_entry());
  const int parent = TRY(directory(path.parent_str()));
  const std::string doing = cat("hard link to ", quote(target.str()));
  const int from = TRY(existing_directory(target.parent_str()).context(doing));
  const std::string name = path.name();
  const std::string old_name = target.name();
  const Fd held = TRY(sys::open_beneath(from, old_name, O_PATH | O_NOFOLLOW).context(doing));
  const auto found = TRY(sys::stat_fd(held.get()));
  // linkat(2) does not follow: another name of a symbolic link is as inert as the first.
  if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode)) {
    return Error(cat(doing, ": that is neither a file nor a link"));
  }
  // GNU tar writes such a link where a file is named twice on its command line.
  if (path == target) return {};
  auto made = sys::link(from, old_name, parent, name);
  if (exists_already(made)) {
    TRY(clear_name(parent, name));
    made = sys::link(from, old_name, parent, name);
  }
  return made;
}

Result<void> TreeWriter::finish() {
  for (const auto& [path, modified] : times_) {
    // Through the root again, link-free: the descriptors of that time are long closed.
    const Fd fd = TRY(sys::open_beneath(root_, path, kDirectoryFlags));
    TRY(set_modified(fd.get(), modified));
  }
  times_.clear();
  return {};
}

Result<int> TreeWriter::directory(const std::string& path) {
  auto found = existing_directory(path);
  if (found || !found.error().is(std::errc::no_such_file_or_directory)) return found;
  return make_implied(path);
}

Result<int> TreeWriter::existing_directory(const std::string& path) {
  if (path.empty()) return root_;
  // Members of one directory follow each other mostly.
  if (open_[newest_].path == path) return open_[newest_].fd.get();
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (open_[i].path != path) continue;
    open_[i].used = ++uses_;
    newest_ = i;
    return open_[i].fd.get();
  }
  auto fd = sys::open_beneath(root_, path, kDirectoryFlags);
  if (!fd) return blocked(path, std::move(fd).error());
  return remember(path, *std::move(fd));
}

// Recursion ends with the limit on depth.
Result<int> TreeWriter::make_implied(const std::string& path) {
  const int parent = TRY(directory(parent_of(path)));
  const std::string name(after_last_slash(path));
  TRY(budget_.add_entry());
  TRY(sys::make_directory(parent, name, 0755));
  return open_new(parent, name, path, 0755);
}

// `path` names the new directory `name` in `parent`.
Result<int> TreeWriter::open_new(int parent, const std::string& name, const std::string& path,
                                 mode_t mode) {
  Fd fd = TRY(sys::open_beneath(parent, name, kDirectoryFlags));
  if (!modes_are_exact_) TRY(sys::change_mode(fd.get(), mode));
  return remember(path, std::move(fd));
}

int TreeWriter::remember(const std::string& path, Fd fd) {
  auto& slot = *std::ranges::min_element(open_, {}, &OpenDirectory::used);
  slot = {path, std::move(fd), ++uses_};
  newest_ = static_cast<std::size_t>(&slot - open_.data());
  return slot.fd.get();
}

void TreeWriter::remember_time(const std::string& path, const timespec& modified) {
  times_bytes_ += path.size() + sizeof(DirectoryTime);
  if (times_bytes_ <= kTimesBytes) times_.push_back({path, modified});
}

Result<void> TreeWriter::clear_name(int parent, const std::string& name) {
  const auto found = TRY(sys::stat_at(parent, name));
  if (S_ISDIR(found.st_mode)) {
    return Error("an earlier member of this name is a directory, which is not replaced");
  }
  return sys::unlink(parent, name);
}

}  // namespace slipway::fetcher
