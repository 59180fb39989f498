// Writes the members of an archive below one directory. Nothing is ever written through a symbolic
// link or outside: every parent is resolved by openat2(2) beneath the root without links, every
// file is created by O_EXCL, what exists is unlinked before it is replaced, and all work is
// relative to directory descriptors.
//
// The destination must be a new, empty directory of our own: then all that is found in it was made
// by this extraction, which is what makes hard links safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/extract_budget.h"
#include "sandbox/base/sys.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

struct Attributes {
  // Of these only 0777 & ~022 counts, with rw (files) or rwx (directories) added for the owner, so
  // that the owner can always replace and remove what was extracted.
  mode_t permissions = 0644;
  std::optional<timespec> modified;  // the time of extraction where there is none
};

// A file that is being written.
class NewFile {
 public:
  // At the end of what was written; or further on, which leaves a hole that costs no space but
  // counts as bytes. Going back is an error.
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  // `size` is at least what was written; the rest is a hole. Closes, and reports what close says.
  Result<void> finish(std::uint64_t size, const Attributes& attributes);

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  friend class TreeWriter;
  NewFile(Fd fd, Budget& budget) : fd_(std::move(fd)), budget_(&budget) {}

  Fd fd_;
  Budget* budget_;
  std::uint64_t size_ = 0;
};

class TreeWriter {
 public:
  // Both are borrowed.
  TreeWriter(int root, Budget& budget) : root_(root), budget_(budget) {}

  // Missing parents are made, with mode 0755, and count as entries. A later member replaces a file
  // or a link of the same name; a directory is replaced by nothing.
  Result<NewFile> create_file(const sandbox::SandboxPath& path);
  Result<void> add_directory(const sandbox::SandboxPath& path, const Attributes& attributes);
  // `target` is stored as it is, and never looked at: at most 4095 bytes, not empty, no NUL.
  Result<void> add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                           std::optional<timespec> modified);
  // `target` is a regular file that this extraction made.
  Result<void> add_hard_link(const sandbox::SandboxPath& path, const sandbox::SandboxPath& target);

  // Sets the directories' times, which every new entry would have changed. To be called last. Times
  // are kept for the first 64 MiB of directory names: nobody may fill our memory with them.
  Result<void> finish();

 private:
  struct OpenDirectory {
    std::string path;
    Fd fd;
    std::uint64_t used = 0;
  };
  struct DirectoryTime {
    std::string path;
    timespec modified;
  };

  // The directory `path` ("" is the root), made where it is missing. Borrowed; good until the
  // second call after this one.
  Result<int> directory(const std::string& path);
  Result<int> existing_directory(const std::string& path);
  Result<int> make_implied(const std::string& path);
  int remember(const std::string& path, Fd fd);
  void remember_time(const std::string& path, const timespec& modified);
  // Makes room for `name`: unlinks a file or a link; a directory is an error.
  static Result<void> clear_name(int parent, const std::string& name);

  int root_;
  Budget& budget_;
  std::array<OpenDirectory, 32> open_;  // recently used ones: each parent is resolved once
  std::uint64_t uses_ = 0;
  std::vector<DirectoryTime> times_;
  std::size_t times_bytes_ = 0;
};

}  // namespace slipway::fetcher
