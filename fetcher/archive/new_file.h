// A regular file that an extraction has just created.
#pragma once

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/tree.h"
#include "fetcher/base/digest.h"
#include "fetcher/base/file_hashes.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

// Whether the file was created with its final mode, or has to get it.
enum class FileMode { kSet, kToSet };

class NewFile final : public FileSink {
 public:
  // `fd` is open for writing, the file empty. `budget` is borrowed, and `hashes`, which is told its
  // hash; it may be null.
  NewFile(Fd fd, const Attributes& attributes, FileMode mode, Budget& budget,
          FileHashes* hashes = nullptr)
      : fd_(std::move(fd)), attributes_(attributes), mode_(mode), budget_(budget), hashes_(hashes) {
    if (hashes_ != nullptr) hash_.emplace();
  }

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override;
  // Reports what close(2) says.
  Result<void> finish(std::uint64_t size) override;
  Result<bool> clone(int from, std::uint64_t size) override;

 private:
  Result<void> hash_hole(std::uint64_t size);

  Fd fd_;
  Attributes attributes_;
  FileMode mode_;
  Budget& budget_;
  FileHashes* hashes_;
  std::optional<Sha256> hash_ = {};
  std::uint64_t size_ = 0;
};

// The mode of a new file with these attributes.
mode_t file_mode(const Attributes& attributes);

// Sets the modification time, where there is one.
Result<void> set_modified(int fd, const std::optional<timespec>& modified);

}  // namespace slipway::fetcher
