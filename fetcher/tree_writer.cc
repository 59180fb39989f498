#include "fetcher/tree_writer.h"

#include <algorithm>
#include <climits>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr mode_t kKept = 0777 & ~022;
constexpr std::size_t kTimesBytes = std::size_t{64} << 20;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY;

timespec unchanged() {
  return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
}

Result<void> set_modified(int fd, const std::optional<timespec>& modified) {
  if (!modified) return {};
  return sys::set_times(fd, unchanged(), *modified);
}

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

std::string last_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<void> NewFile::write(std::span<const std::byte> bytes) {
  return write_at(size_, bytes);
}

Result<void> NewFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset < size_) return Error("its pieces overlap");
  if (offset > LLONG_MAX - bytes.size()) return Error("it is too large for a file");
  const std::uint64_t end = offset + bytes.size();
  TRY(budget_->add_bytes(end - size_));
  TRY(sys::write_all_at(fd_.get(), bytes, offset));
  size_ = end;
  return {};
}

Result<void> NewFile::finish(std::uint64_t size, const Attributes& attributes) {
  if (size < size_) return Error(cat("it holds more than the ", size, " bytes it announced"));
  if (size > size_) {
    TRY(budget_->add_bytes(size - size_));
    TRY(sys::truncate(fd_.get(), size));
  }
  TRY(sys::change_mode(fd_.get(), (attributes.permissions & kKept) | 0600));
  TRY(set_modified(fd_.get(), attributes.modified));
  return fd_.close();
}

Result<NewFile> TreeWriter::create_file(const sandbox::SandboxPath& path) {
  TRY(budget_.add_entry());
  const int parent = TRY(directory(path.parent_str()));
  const std::string name = path.name();
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  auto fd = sys::open_at(parent, name, kFlags, 0600);
  if (!fd && fd.error().is(std::errc::file_exists)) {
    TRY(clear_name(parent, name));
    fd = sys::open_at(parent, name, kFlags, 0600);
  }
  return NewFile(TRY(std::move(fd)), budget_);
}

Result<void> TreeWriter::add_directory(const sandbox::SandboxPath& path,
                                       const Attributes& attributes) {
  TRY(budget_.add_entry());
  const int parent = TRY(directory(path.parent_str()));
  const std::string name = path.name();
  auto made = sys::make_directory(parent, name, 0700);
  if (exists_already(made)) {
    const auto found = TRY(sys::stat_at(parent, name));
    made = Result<void>();
    if (!S_ISDIR(found.st_mode)) {
      TRY(sys::unlink(parent, name));
      made = sys::make_directory(parent, name, 0700);
    }
  }
  TRY(std::move(made));
  const int fd = TRY(existing_directory(path.str()));
  TRY(sys::change_mode(fd, (attributes.permissions & kKept) | 0700));
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
  return sys::set_times_at(parent, name, unchanged(), *modified);
}

Result<void> TreeWriter::add_hard_link(const sandbox::SandboxPath& path,
                                       const sandbox::SandboxPath& target) {
  TRY(budget_.add_entry());
  if (path == target) return Error("a hard link to itself");
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
    TRY(sys::set_times(fd.get(), unchanged(), modified));
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
  for (auto& slot : open_) {
    if (slot.path == path) {
      slot.used = ++uses_;
      return slot.fd.get();
    }
  }
  auto fd = sys::open_beneath(root_, path, kDirectoryFlags);
  if (!fd) return blocked(path, std::move(fd).error());
  return remember(path, *std::move(fd));
}

// Recursion ends with the limit on depth.
Result<int> TreeWriter::make_implied(const std::string& path) {
  const int parent = TRY(directory(parent_of(path)));
  const std::string name = last_of(path);
  TRY(budget_.add_entry());
  TRY(sys::make_directory(parent, name, 0700));
  Fd fd = TRY(sys::open_beneath(parent, name, kDirectoryFlags));
  TRY(sys::change_mode(fd.get(), 0755));
  return remember(path, std::move(fd));
}

int TreeWriter::remember(const std::string& path, Fd fd) {
  auto& slot = *std::ranges::min_element(open_, {}, &OpenDirectory::used);
  slot = {path, std::move(fd), ++uses_};
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
