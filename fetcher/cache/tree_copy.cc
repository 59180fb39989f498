#include "fetcher/cache/tree_copy.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/tree_writer.h"
#include "fetcher/base/digest.h"
#include "fetcher/cache/tree_damage.h"
#include "fetcher/cache/tree_manifest.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

using Kind = ManifestEntry::Kind;

constexpr std::size_t kPiece = std::size_t{128} << 10;
// Each may hold its file and the directory that it comes from.
constexpr std::size_t kFilesOfBatch = FillPool::kFilesOfFill / 2 - 1;
constexpr std::uint64_t kBytesOfBatch = std::uint64_t{4} << 20;

// For all threads: whether it is worth trying.
class Cloning {
 public:
  explicit Cloning(Sharing sharing)
      : sharing_(sharing), worth_trying_(sharing != Sharing::kNever) {}

  // False where it must be copied.
  Result<bool> clone(FileSink& sink, int from, std::uint64_t size) {
    if (!worth_trying_) return false;
    const auto cloned = sink.clone(from, size);
    if (cloned && *cloned) return true;
    if (sharing_ == Sharing::kRequired) {
      if (!cloned) return cloned.error();
      return Error::system(
                 EOPNOTSUPP,
                 "the file systems of cache and sandbox cannot share its blocks (reflink)")
          .hint("--materialize=auto copies it then");
    }
    worth_trying_ = false;
    return false;
  }

 private:
  const Sharing sharing_;
  std::atomic<bool> worth_trying_;
};

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

Result<void> expect_unchanged(const struct stat& found, const ManifestEntry& entry) {
  if (S_ISREG(found.st_mode) && found.st_ino == entry.inode &&
      static_cast<std::uint64_t>(found.st_size) == entry.size &&
      same_time(found.st_mtim, entry.modified) && same_time(found.st_ctim, entry.changed)) {
    return {};
  }
  return tree_damage("it was changed in the cache");
}

// Where it cannot be opened although it is there as it was, the error is none of the tree's.
Result<Fd> open_unchanged(int parent, const std::string& name, const ManifestEntry& entry) {
  auto file = sys::open_beneath(parent, name, O_RDONLY | O_NONBLOCK);
  if (file) {
    TRY(expect_unchanged(TRY(sys::stat_fd(file->get())), entry));
    return file;
  }
  const auto found = TRY(sys::find_at(parent, name));
  if (!found) return judged(std::move(file).error());
  TRY(expect_unchanged(*found, entry));
  return file;
}

// Some files of the tree, and where they go.
class Batch final : public Fill {
 public:
  explicit Batch(Cloning& cloning) : cloning_(cloning) {}

  [[nodiscard]] bool is_full(std::size_t files) const {
    return files_.size() >= files || bytes_ >= kBytesOfBatch;
  }
  void add(std::unique_ptr<FileSink> sink, std::shared_ptr<Fd> parent, ManifestEntry entry) {
    bytes_ += entry.size;
    files_.push_back({std::move(sink), std::move(parent), std::move(entry)});
  }

  Result<void> run() override {
    for (File& file : files_) {
      TRY(fill(file).context([&] { return cat("the cached ", quote(file.entry.path)); }));
      file.sink.reset();
      file.parent.reset();
    }
    return {};
  }

 private:
  struct File {
    std::unique_ptr<FileSink> sink;
    std::shared_ptr<Fd> parent;
    ManifestEntry entry;
  };

  Result<void> fill(File& file) {
    const ManifestEntry& entry = file.entry;
    const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
    const Fd from = TRY(open_unchanged(file.parent->get(), name, entry));
    if (entry.size > 0 && TRY(cloning_.clone(*file.sink, from.get(), entry.size))) {
      TRY(expect_unchanged(TRY(sys::stat_fd(from.get())), entry));
    } else {
      TRY(copy(from.get(), entry, *file.sink));
    }
    return file.sink->finish(entry.size);
  }

  Result<void> copy(int from, const ManifestEntry& entry, FileSink& sink) {
    if (buffer_.empty()) buffer_.resize(kPiece);
    Sha256 hash;
    for (std::uint64_t offset = 0;;) {
      const auto piece = std::span(buffer_).first(TRY(sys::read_at(from, buffer_, offset)));
      if (piece.empty()) break;
      hash.update(piece);
      // Holes stay holes.
      const bool zeros =
          std::ranges::all_of(piece, [](std::byte each) { return each == std::byte{0}; });
      if (!zeros) TRY(sink.write_at(offset, piece));
      offset += piece.size();
    }
    if (hash.finish_hex() == entry.sha256) return {};
    return tree_damage("it is damaged");
  }

  Cloning& cloning_;
  std::vector<File> files_;
  std::uint64_t bytes_ = 0;
  std::vector<std::byte> buffer_;
};

class Copy {
 public:
  Copy(const CachedTree& tree, const WantedDirectories& wanted, TreeWriter& writer, FillPool& pool,
       Cloning& cloning)
      : tree_(tree), wanted_(wanted), writer_(writer), pool_(pool), cloning_(cloning) {}

  Result<void> run() {
    const std::uint64_t most = TRY(verified_entries());
    ManifestReader reader(tree_.lease.get());
    for (std::uint64_t i = 0; i < most; ++i) {
      auto entry = TRY(reader.next());
      if (!entry) return tree_damage("its manifest is cut off");
      if (is_wanted(*entry)) TRY(take(*std::move(entry)));
    }
    return batch_ ? pool_.add(std::move(batch_)) : Result<void>();
  }

 private:
  // So many entries of the manifest have to be read, and are as recorded.
  Result<std::uint64_t> verified_entries() {
    const TreeRecord& record = tree_.record;
    const bool only_files = std::ranges::none_of(
        record.directories, [&](const TopDirectory& each) { return wanted_(each.name); });
    const bool all_known = !record.directories.empty();
    // What is no directory comes first: the rest need not be read.
    const bool others = only_files && all_known;
    const bool good =
        others ? TRY(hash_of_first(record.others, tree_.lease.get())) == record.others_sha256
               : TRY(verify_content(tree_.lease.get(), record.manifest_sha256));
    if (!good) return tree_damage("its manifest is damaged");
    return others ? record.others : record.entries;
  }

  [[nodiscard]] bool is_wanted(const ManifestEntry& entry) const {
    const std::size_t slash = entry.path.find('/');
    if (slash == std::string::npos && entry.kind != Kind::kDirectory) return true;
    return wanted_(std::string_view(entry.path).substr(0, slash));
  }

  Result<void> take(ManifestEntry entry) {
    const auto path = TRY(sandbox::SandboxPath::parse(entry.path));
    switch (entry.kind) {
      case Kind::kDirectory:
        return writer_.add_directory(path, {entry.mode, entry.modified});
      case Kind::kSymlink:
        return writer_.add_symlink(path, entry.target, entry.modified);
      case Kind::kFile:
        return take_file(path, std::move(entry));
    }
    return Error("unknown kind");
  }

  Result<void> take_file(const sandbox::SandboxPath& path, ManifestEntry entry) {
    if (entry.links > 1) {
      const auto [first, is_new] = first_names_.emplace(entry.inode, path);
      if (!is_new) return writer_.add_hard_link(path, first->second);
    }
    auto sink = TRY(writer_.create_file(path, {entry.mode, entry.modified}));
    auto parent = TRY(parent_of(path.parent_str()));
    if (batch_ && batch_->is_full(std::min(kFilesOfBatch, pool_.files_of_fill()))) {
      TRY(pool_.add(std::move(batch_)));
    }
    if (!batch_) batch_ = std::make_unique<Batch>(cloning_);
    batch_->add(std::move(sink), std::move(parent), std::move(entry));
    return {};
  }

  // The directory in the cache. Files of one follow each other.
  Result<std::shared_ptr<Fd>> parent_of(const std::string& path) {
    if (!parent_ || path != parent_path_) {
      auto opened =
          sys::open_beneath(tree_.root.get(), path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
      if (!opened) return judged(std::move(opened).error());
      parent_ = std::make_shared<Fd>(*std::move(opened));
      parent_path_ = path;
    }
    return parent_;
  }

  const CachedTree& tree_;
  const WantedDirectories& wanted_;
  TreeWriter& writer_;
  FillPool& pool_;
  Cloning& cloning_;
  std::unique_ptr<Batch> batch_;
  std::shared_ptr<Fd> parent_;
  std::string parent_path_;
  std::map<std::uint64_t, sandbox::SandboxPath> first_names_;  // of files with several
};

}  // namespace

Result<Extracted> copy_tree(const CachedTree& tree, const WantedDirectories& wanted, int into,
                            Sharing sharing, const ExtractLimits& limits) {
  Budget budget(limits, into);
  TRY(budget.check_free_space());
  TreeWriter writer(into, budget);
  Cloning cloning(sharing);
  FillPool pool(FillPool::suitable_threads());
  auto copied = Copy(tree, wanted, writer, pool, cloning).run();
  TRY(pool.finish());
  TRY(std::move(copied));
  TRY(writer.finish());
  return budget.spent();
}

}  // namespace slipway::fetcher
