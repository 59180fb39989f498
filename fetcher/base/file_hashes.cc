#include "fetcher/base/file_hashes.h"

#include <algorithm>
#include <utility>

namespace slipway::fetcher {

namespace {

constexpr std::size_t kMost = 120'000;  // about 16 MiB

}  // namespace

void FileHashes::add(std::uint64_t inode, std::string sha256) {
  const std::lock_guard lock(mutex_);
  if (full_) return;
  hashes_.push_back({inode, std::move(sha256)});
  full_ = hashes_.size() > kMost;
  if (full_) hashes_ = {};
}

void FileHashes::settle() {
  std::ranges::stable_sort(hashes_, {}, &Hash::inode);
}

std::optional<std::string> FileHashes::find(std::uint64_t inode) const {
  const auto behind = std::ranges::upper_bound(hashes_, inode, {}, &Hash::inode);
  if (behind == hashes_.begin() || (behind - 1)->inode != inode) return std::nullopt;
  return (behind - 1)->sha256;  // the latest
}

}  // namespace slipway::fetcher
