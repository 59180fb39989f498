#include "tests/support/tree_snapshot.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::tests {

namespace {

constexpr std::size_t kShownDifferences = 20;

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string octal(mode_t mode) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), "%o", mode);
  return text.data();
}

std::uint64_t joined(std::uint64_t hash, std::string_view piece) {
  return hash * 0x9e3779b97f4a7c15U + std::hash<std::string_view>()(piece);
}

constexpr std::size_t kPiece = 1 << 20;

class Walk {
 public:
  Walk(const std::vector<std::string>& except, off_t largest)
      : except_(except), largest_(largest) {}

  void visit(int parent, const std::string& name, const std::string& path);
  Snapshot found;

 private:
  void enter(int parent, const std::string& name, const std::string& path);

  const std::vector<std::string>& except_;
  off_t largest_;
};

std::uint64_t hash_of_file(int parent, const std::string& name) {
  const auto fd = sys::open_at(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) {
    ADD_FAILURE() << fd.error().message();
    return 0;
  }
  static std::string piece(kPiece, '\0');
  std::uint64_t hash = 0;
  std::uint64_t offset = 0;
  for (;;) {
    std::size_t filled = 0;
    while (filled < kPiece) {
      const auto room = std::as_writable_bytes(std::span(piece)).subspan(filled);
      const auto count = sys::read_at(fd->get(), room, offset + filled);
      if (!count) ADD_FAILURE() << count.error().message();
      if (!count || *count == 0) break;
      filled += *count;
    }
    if (filled == 0) return hash;
    hash = joined(hash, std::string_view(piece).substr(0, filled));
    offset += filled;
  }
}

// Through /proc: there is no call that takes a directory and a name.
std::string attributes_of(int parent, const std::string& name) {
  std::array<char, 1024> names{};
  const std::string path = parent == AT_FDCWD ? name : cat("/proc/self/fd/", parent, '/', name);
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  if (length < 0) ADD_FAILURE() << "llistxattr " << name << " failed";
  return {names.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

std::string target_of(int parent, const std::string& name) {
  auto target = sys::read_link(parent, name);
  if (target) return *std::move(target);
  ADD_FAILURE() << target.error().message();
  return "";
}

void Walk::visit(int parent, const std::string& name, const std::string& path) {
  if (std::ranges::find(except_, path) != except_.end()) return;
  const auto status = sys::stat_at(parent, name);
  if (!status) {
    ADD_FAILURE() << status.error().message();
    return;
  }
  Found one;
  one.mode = status->st_mode;
  one.uid = status->st_uid;
  one.gid = status->st_gid;
  one.links = status->st_nlink;
  one.size = status->st_size;
  one.inode = {status->st_dev, status->st_ino};
  one.modified = {status->st_mtim.tv_sec, status->st_mtim.tv_nsec};
  one.changed = {status->st_ctim.tv_sec, status->st_ctim.tv_nsec};
  one.attributes = attributes_of(parent, name);
  if (S_ISLNK(one.mode)) one.target = target_of(parent, name);
  if (S_ISREG(one.mode) && one.size <= largest_) one.content = hash_of_file(parent, name);
  found.emplace(path, std::move(one));
  if (S_ISDIR(status->st_mode)) enter(parent, name, path);
}

void Walk::enter(int parent, const std::string& name, const std::string& path) {
  const auto fd = sys::open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const auto entries = fd ? sys::list(fd->get()) : fd.error();
  if (!entries) {
    ADD_FAILURE() << entries.error().message();
    return;
  }
  for (const auto& entry : *entries) {
    visit(fd->get(), entry.name, path.empty() ? entry.name : cat(path, '/', entry.name));
  }
}

void add_line(std::string& lines, std::size_t& count, const std::string& path,
              const std::string& what) {
  if (++count <= kShownDifferences) lines += cat(quote(path), ": ", what, "\n");
}

}  // namespace

std::uint64_t content_hash(std::string_view content) {
  std::uint64_t hash = 0;
  for (; !content.empty(); content.remove_prefix(std::min(content.size(), kPiece))) {
    hash = joined(hash, content.substr(0, kPiece));
  }
  return hash;
}

Snapshot snapshot(const std::string& root, const std::vector<std::string>& except, off_t largest) {
  Walk walk(except, largest);
  walk.visit(AT_FDCWD, root, "");
  return std::move(walk.found);
}

std::string differences(const Picture& expected, const Picture& found) {
  std::string lines;
  std::size_t count = 0;
  for (const auto& [path, line] : expected) {
    const auto there = found.find(path);
    if (there == found.end()) add_line(lines, count, path, cat("missing: ", line));
    if (there != found.end() && there->second != line) {
      add_line(lines, count, path, cat(there->second, " instead of ", line));
    }
  }
  for (const auto& [path, line] : found) {
    if (!expected.contains(path)) add_line(lines, count, path, cat("should not be: ", line));
  }
  if (count > kShownDifferences) lines += cat("and ", count - kShownDifferences, " more\n");
  return lines;
}

Picture full_picture(const Snapshot& snapshot) {
  Picture picture;
  for (const auto& [path, found] : snapshot) {
    picture[path] =
        cat("mode ", octal(found.mode), " owner ", found.uid, ":", found.gid, " links ",
            found.links, " size ", found.size, " inode ", found.inode.second, " modified ",
            found.modified.first, ".", found.modified.second, " changed ", found.changed.first, ".",
            found.changed.second, " target ", quote(found.target), " content ", hex(found.content),
            " attributes ", quote(found.attributes));
  }
  return picture;
}

namespace {

std::string file_line(mode_t permissions, off_t size, std::uint64_t content, nlink_t links) {
  return cat("file ", octal(permissions), ' ', size, " bytes ", hex(content), ", ", links,
             links == 1 ? " link" : " links");
}

std::string line_of(const Found& found) {
  const mode_t permissions = found.mode & 07777;
  if (S_ISREG(found.mode)) return file_line(permissions, found.size, found.content, found.links);
  if (S_ISDIR(found.mode)) return directory_line(permissions);
  if (S_ISLNK(found.mode)) return link_line(found.target);
  return cat("special ", octal(found.mode));
}

}  // namespace

std::string file_line(mode_t permissions, std::string_view content, nlink_t links) {
  return file_line(permissions, static_cast<off_t>(content.size()), content_hash(content), links);
}

std::string directory_line(mode_t permissions) {
  return cat("directory ", octal(permissions));
}

std::string link_line(std::string_view target) {
  return cat("link to ", quote(target));
}

Picture tree_picture(const Snapshot& snapshot) {
  Picture picture;
  for (const auto& [path, found] : snapshot) picture[path] = line_of(found);
  return picture;
}

}  // namespace slipway::tests
