// A file system to unpack on that is always new: what an earlier run left on a used one, in blocks
// and in the kernel's memory, costs the next one time.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::bench {

// From here on mounts are seen by this process and its children only, and go when they go. Needs
// root. Throws.
void make_mounts_private();

enum class DiskKind {
  kExt4,  // with a journal; as the next one, in a file that is mounted as a loop device
  kXfs,   // files can share blocks (reflinks)
  kTmpfs,
};

class ScratchDisk {
 public:
  // Large enough for a journal of the usual size.
  static constexpr std::uint64_t kUsualBytes = std::uint64_t{16} << 30;

  // In `place`, an existing directory. make_mounts_private() was called. Of the file only what
  // is written takes room.
  ScratchDisk(const std::string& place, DiskKind kind, std::uint64_t bytes = kUsualBytes);
  ~ScratchDisk();
  ScratchDisk(const ScratchDisk&) = delete;
  ScratchDisk& operator=(const ScratchDisk&) = delete;

  // The directory to unpack into. Its path is always the same.
  [[nodiscard]] const std::string& directory() const { return directory_; }
  // What was on the disk is written out and gone; directory() is there again, and empty.
  void renew();
  // What was written so far is on the disk: nobody writes it while another one is measured.
  void settle() const;

 private:
  void unmount();
  void mount_anew() const;

  DiskKind kind_;
  std::uint64_t bytes_;
  std::string image_;
  std::string mount_point_;
  std::string directory_;
  bool mounted_ = false;
};

}  // namespace slipway::bench
