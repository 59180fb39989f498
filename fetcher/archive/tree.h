// Where the members of an archive go. What reads archives knows this only: it may be a directory
// (TreeWriter), or a model of one that a fuzzer watches.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sandbox/base/result.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

struct Attributes {
  // Of these only 0777 & ~022 counts, with rw (files) or rwx (directories) added for the owner, so
  // that the owner can always replace and remove what was extracted.
  mode_t permissions = 0644;
  std::optional<timespec> modified;  // the time of extraction where there is none
};

// The content of a new file. It may be written by another thread than the one that made the file,
// one at a time, while others are made, linked and replaced.
class FileSink {
 public:
  FileSink() = default;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  virtual ~FileSink() = default;

  // At the end of what was written; or further on, which leaves a hole that costs no space but
  // counts as bytes. Going back is an error.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // `size` is at least what was written; the rest is a hole. To be called once, at last.
  virtual Result<void> finish(std::uint64_t size) = 0;
  // Instead of any write: the file becomes one that shares its blocks with `from`, of that size.
  // False where that cannot be had here; then nothing is written.
  virtual Result<bool> clone([[maybe_unused]] int from, [[maybe_unused]] std::uint64_t size) {
    return false;
  }
};

class Tree {
 public:
  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  virtual ~Tree() = default;

  // Missing parents are made, with mode 0755, and count as entries. A later member replaces a file
  // or a link of the same name; a directory is replaced by nothing.
  virtual Result<std::unique_ptr<FileSink>> create_file(const sandbox::SandboxPath& path,
                                                        const Attributes& attributes) = 0;
  virtual Result<void> add_directory(const sandbox::SandboxPath& path,
                                     const Attributes& attributes) = 0;
  // `target` is stored as it is, and never looked at: at most 4095 bytes, not empty, no NUL.
  virtual Result<void> add_symlink(const sandbox::SandboxPath& path, const std::string& target,
                                   std::optional<timespec> modified) = 0;
  // `target` is a file or a symbolic link that this extraction made.
  virtual Result<void> add_hard_link(const sandbox::SandboxPath& path,
                                     const sandbox::SandboxPath& target) = 0;
};

}  // namespace slipway::fetcher
