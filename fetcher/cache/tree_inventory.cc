#include "fetcher/cache/tree_inventory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/base/digest.h"
#include "fetcher/base/file_identity.h"
#include "fetcher/cache/cache_directory.h"
#include "fetcher/cache/tree_manifest.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

using Kind = ManifestEntry::Kind;

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::size_t kDeepest = 256;  // directories, each held open on the way
constexpr std::size_t kBeatEvery = 256;

// What becomes of the manifest's text: it is hashed, and written where there is a file for it.
class Text {
 public:
  explicit Text(std::optional<int> file) : file_(file) {}

  Result<void> add(const std::string& record) {
    pending_ += record;
    return pending_.size() < kPiece ? Result<void>() : flush();
  }
  Result<std::string> finish() {
    TRY(flush());
    return hash_.finish_hex();
  }

 private:
  Result<void> flush() {
    const auto bytes = std::as_bytes(std::span(pending_));
    hash_.update(bytes);
    if (file_) TRY(sys::write_all_at(*file_, bytes, offset_));
    offset_ += bytes.size();
    pending_.clear();
    return {};
  }

  std::optional<int> file_;
  Sha256 hash_;
  std::string pending_;
  std::uint64_t offset_ = 0;
};

class Walk {
 public:
  Walk(Text& text, const FileHashes* hashes, const std::function<void()>& beat)
      : text_(text), hashes_(hashes), beat_(beat), buffer_(kPiece) {}

  Result<TreeRecord> run(int root) {
    const auto found = TRY(sys::stat_fd(root));
    record_.root_identity = identity_of(found);
    record_.disk_bytes = disk_bytes(found);
    TRY(visit(root, "", 0));
    record_.others_sha256 = others_.finish_hex();
    record_.manifest_sha256 = TRY(text_.finish());
    if (too_many_) record_.directories.clear();
    return std::move(record_);
  }

 private:
  struct Name {
    std::string name;
    struct stat found;
  };

  Result<void> visit(int dir, const std::string& path, std::size_t depth) {
    if (depth > kDeepest) return Error(cat(quote(path), " is too deep in the tree"));
    for (std::string& name : TRY(take_others(dir, path, depth))) {
      const Name each = TRY(look_at(dir, std::move(name)));
      if (depth == 0) note_top(each);
      TRY(take(dir, path, each));
      const Fd below = TRY(sys::open_beneath(dir, each.name, O_RDONLY | O_DIRECTORY));
      TRY(visit(below.get(), path.empty() ? each.name : cat(path, '/', each.name), depth + 1));
    }
    return {};
  }

  static Result<Name> look_at(int dir, std::string name) {
    const auto found = TRY(sys::stat_at(dir, name));
    return Name{std::move(name), found};
  }

  // What is no directory; returns the names of what is.
  Result<std::vector<std::string>> take_others(int dir, const std::string& path,
                                               std::size_t depth) {
    std::vector<std::string> directories;
    for (std::string& name : TRY(sorted(dir))) {
      const Name each = TRY(look_at(dir, std::move(name)));
      if (S_ISDIR(each.found.st_mode)) {
        directories.push_back(each.name);
        continue;
      }
      const std::string record = TRY(take(dir, path, each));
      if (depth > 0) continue;
      ++record_.others;
      others_.update(std::as_bytes(std::span(record)));
    }
    return directories;
  }

  static Result<std::vector<std::string>> sorted(int dir) {
    std::vector<std::string> names;
    for (auto& each : TRY(sys::list(dir, kMostEntriesOfDirectory + 1))) {
      names.push_back(std::move(each.name));
    }
    if (names.size() > kMostEntriesOfDirectory) {
      return Error(cat("more than ", kMostEntriesOfDirectory, " entries in one directory"));
    }
    std::ranges::sort(names);
    return names;
  }

  void note_top(const Name& directory) {
    too_many_ =
        too_many_ || record_.directories.size() == kMostTopDirectories || !is_utf8(directory.name);
    if (!too_many_) record_.directories.push_back({directory.name, identity_of(directory.found)});
  }

  // Returns the text about it.
  Result<std::string> take(int dir, const std::string& path, const Name& each) {
    if (++record_.entries % kBeatEvery == 0) beat_();
    if (record_.entries > kMostEntries) return Error(cat("more than ", kMostEntries, " entries"));
    // A file with several names takes its room once.
    const bool directory = S_ISDIR(each.found.st_mode);
    record_.disk_bytes += disk_bytes(each.found) / (directory ? 1 : each.found.st_nlink);
    ManifestEntry entry;
    entry.mode = each.found.st_mode & 07777;
    entry.inode = each.found.st_ino;
    entry.links = each.found.st_nlink;
    entry.size = static_cast<std::uint64_t>(each.found.st_size);
    entry.modified = each.found.st_mtim;
    entry.changed = each.found.st_ctim;
    entry.path = path.empty() ? each.name : cat(path, '/', each.name);
    TRY(look_into(dir, each, entry).context(quote(entry.path)));
    std::string record = to_record(entry);
    TRY(text_.add(record));
    return record;
  }

  Result<void> look_into(int dir, const Name& each, ManifestEntry& entry) {
    if (S_ISDIR(each.found.st_mode)) {
      entry.kind = Kind::kDirectory;
      return {};
    }
    if (S_ISLNK(each.found.st_mode)) {
      entry.kind = Kind::kSymlink;
      entry.target = TRY(sys::read_link(dir, each.name));
      return {};
    }
    if (!S_ISREG(each.found.st_mode)) return Error("it is no file, directory or link");
    auto known = hashes_ == nullptr ? std::nullopt : hashes_->find(entry.inode);
    entry.sha256 = known ? *std::move(known) : TRY(hash(dir, each.name));
    return {};
  }

  Result<std::string> hash(int dir, const std::string& name) {
    const Fd file = TRY(sys::open_beneath(dir, name, O_RDONLY | O_NONBLOCK));
    Sha256 hash;
    for (std::uint64_t offset = 0;;) {
      const std::size_t count = TRY(sys::read_at(file.get(), buffer_, offset));
      if (count == 0) return hash.finish_hex();
      hash.update(std::span(buffer_).first(count));
      offset += count;
      if (offset % (std::uint64_t{64} << 20) == 0) beat_();
    }
  }

  Text& text_;
  const FileHashes* hashes_;
  const std::function<void()>& beat_;
  std::vector<std::byte> buffer_;
  TreeRecord record_;
  Sha256 others_;  // the text about what is in the root and no directory
  bool too_many_ = false;
};

}  // namespace

Result<TreeRecord> take_tree_inventory(int root, int manifest, const FileHashes* hashes,
                                       const std::function<void()>& beat) {
  Text text(manifest);
  TreeRecord record = TRY(Walk(text, hashes, beat).run(root));
  record.disk_bytes += disk_bytes(TRY(sys::stat_fd(manifest)));
  return record;
}

Result<TreeRecord> inspect_tree(int root, const std::function<void()>& beat) {
  Text text(std::nullopt);
  return Walk(text, nullptr, beat).run(root);
}

}  // namespace slipway::fetcher
