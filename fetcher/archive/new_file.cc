#include "fetcher/archive/new_file.h"

#include <algorithm>
#include <array>
#include <climits>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

Result<void> NewFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset < size_) return Error("its pieces overlap");
  if (offset > LLONG_MAX - bytes.size()) return Error("it is too large for a file");
  const std::uint64_t end = offset + bytes.size();
  TRY(budget_.add_bytes(end - size_));
  TRY(sys::write_all_at(fd_.get(), bytes, offset));
  if (hash_) {
    TRY(hash_hole(offset - size_));
    hash_->update(bytes);
  }
  size_ = end;
  return {};
}

Result<void> NewFile::finish(std::uint64_t size) {
  if (size < size_) return Error(cat("it holds more than the ", size, " bytes it announced"));
  if (size > size_) {
    TRY(budget_.add_bytes(size - size_));
    TRY(sys::truncate(fd_.get(), size));
    if (hash_) TRY(hash_hole(size - size_));
  }
  if (mode_ == FileMode::kToSet) TRY(sys::change_mode(fd_.get(), file_mode(attributes_)));
  TRY(set_modified(fd_.get(), attributes_.modified));
  if (hash_) hashes_->add(TRY(sys::stat_fd(fd_.get())).st_ino, hash_->finish_hex());
  return fd_.close();
}

Result<bool> NewFile::clone(int from, std::uint64_t size) {
  if (!TRY(sys::clone_file(from, fd_.get()))) return false;
  TRY(budget_.add_bytes(size));
  size_ = size;
  return true;
}

// A header makes a hole of many GiB, and that takes minutes.
Result<void> NewFile::hash_hole(std::uint64_t size) {
  static constexpr std::array<std::byte, 64 * 1024> kZeros{};
  constexpr std::uint64_t kPiece = std::uint64_t{8} << 20;
  for (std::uint64_t done = 0; done < size;) {
    if (done % kPiece == 0) TRY(budget_.tick());
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kZeros.size()));
    hash_->update(std::span(kZeros).first(count));
    done += count;
  }
  return {};
}

mode_t file_mode(const Attributes& attributes) {
  return (attributes.permissions & 0755) | 0600;
}

Result<void> set_modified(int fd, const std::optional<timespec>& modified) {
  if (!modified) return {};
  return sys::set_times(fd, {.tv_sec = 0, .tv_nsec = UTIME_OMIT}, *modified);
}

}  // namespace slipway::fetcher
