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

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/tree.h"
#include "fetcher/base/file_hashes.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// One thread makes the names, in the order of the archive.
class TreeWriter final : public Tree {
 public:
  // All are borrowed; `hashes`, which is told those of the files, may be null.
  TreeWriter(int root, Budget& budget, FileHashes* hashes = nullptr);

  Result<std::unique_ptr<FileSink>> create_file(const sandbox::SandboxPath& path,
                                                const Attributes& attributes) override;
  Result<void> add_directory(const sandbox::SandboxPath& path,
                             const Attributes& attributes) override;
  Result<void> add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                           std::optional<timespec> modified) override;
  Result<void> add_hard_link(const sandbox::SandboxPath& path,
                             const sandbox::SandboxPath& target) override;

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
  Result<int> open_new(int parent, const std::string& name, const std::string& path, mode_t mode);
  int remember(const std::string& path, Fd fd);
  void remember_time(const std::string& path, const timespec& modified);
  // Makes room for `name`: unlinks a file or a link; a directory is an error.
  static Result<void> clear_name(int parent, const std::string& name);

  int root_;
  Budget& budget_;
  FileHashes* hashes_;
  // A new file or directory has just the mode it is created with: no umask and no default ACL
  // (acl(5)) takes something away, so that no chmod must follow.
  bool modes_are_exact_;
  std::array<OpenDirectory, 32> open_;  // recently used ones: each parent is resolved once
  std::size_t newest_ = 0;
  std::uint64_t uses_ = 0;
  std::vector<DirectoryTime> times_;
  std::size_t times_bytes_ = 0;
};

}  // namespace slipway::fetcher
