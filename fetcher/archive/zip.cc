#include "fetcher/archive/zip.h"

#include <sys/stat.h>

#include <climits>
#include <memory>
#include <mutex>

#include "fetcher/archive/member_name.h"
#include "fetcher/archive/zip_directory.h"
#include "fetcher/archive/zip_member.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// So much content in one go, that handing it over costs little.
constexpr std::uint64_t kBatchBytes = std::uint64_t{1} << 20;

// Buffers and tables that cost more to make than most members do: whoever is done leaves his.
class ReaderShelf {
 public:
  ReaderShelf(int file, Budget& budget) : file_(file), budget_(budget) {}

  std::unique_ptr<ZipMemberReader> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<ZipMemberReader>(file_, budget_);
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }
  void put_back(std::unique_ptr<ZipMemberReader> reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }

 private:
  int file_;
  Budget& budget_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ZipMemberReader>> idle_;
};

// What the batches need until the last of them is done.
struct Shared {
  Shared(ZipDirectory all, int file, Budget& budget)
      : directory(std::move(all)), readers(file, budget) {}

  ZipDirectory directory;
  ReaderShelf readers;
};

// Some new files and the members that they become.
class MemberBatch final : public Fill {
 public:
  explicit MemberBatch(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void add(std::unique_ptr<FileSink> sink, const ZipMember& member) {
    files_.push_back({std::move(sink), &member});
    bytes_ += member.size;
  }
  [[nodiscard]] bool is_full(std::size_t files) const {
    return files_.size() >= files || bytes_ >= kBatchBytes;
  }

  Result<void> run() override {
    auto reader = shared_->readers.take();
    for (auto& file : files_) {
      TRY(fill(*reader, file).context([&] {
        return cat("member ", quote_member(file.member->name));
      }));
      file.sink.reset();
    }
    shared_->readers.put_back(std::move(reader));
    return {};
  }

 private:
  struct File {
    std::unique_ptr<FileSink> sink;
    const ZipMember* member;
  };

  static Result<void> fill(ZipMemberReader& reader, const File& file) {
    std::uint64_t offset = 0;
    TRY(reader.read(*file.member, [&](std::span<const std::byte> bytes) -> Result<void> {
      TRY(file.sink->write_at(offset, bytes));
      offset += bytes.size();
      return {};
    }));
    return file.sink->finish(offset);
  }

  std::shared_ptr<Shared> shared_;  // it owns the members
  std::vector<File> files_;
  std::uint64_t bytes_ = 0;
};

class ZipReader {
 public:
  ZipReader(std::shared_ptr<Shared> shared, Tree& into, FillPool& pool, const ExtractLimits& limits)
      : shared_(std::move(shared)),
        into_(into),
        pool_(pool),
        limits_(limits),
        reader_(shared_->readers.take()) {}

  Result<void> run();

 private:
  Result<void> extract(const ZipMember& member);
  Result<void> add_directory(const std::optional<sandbox::SandboxPath>& path,
                             const ZipMember& member);
  Result<void> file(const sandbox::SandboxPath& path, const ZipMember& member);
  Result<void> symlink(const sandbox::SandboxPath& path, const ZipMember& member);
  Result<void> flush();
  static Attributes attributes(const ZipMember& member, mode_t if_unknown);

  std::shared_ptr<Shared> shared_;
  Tree& into_;
  FillPool& pool_;
  const ExtractLimits& limits_;
  std::unique_ptr<ZipMemberReader> reader_;  // for what is no file's content
  std::unique_ptr<MemberBatch> batch_;
};

Result<void> ZipReader::run() {
  for (const auto& member : shared_->directory.members) {
    TRY(extract(member).context([&] { return cat("member ", quote_member(member.name)); }));
  }
  return flush();
}

Result<void> ZipReader::extract(const ZipMember& member) {
  const auto path = TRY(parse_member_name(member.name, limits_));
  const std::uint32_t type = member.unix_mode & S_IFMT;
  const bool plain = type == 0 || type == S_IFREG;
  const bool named_as_directory = member.name.ends_with('/');
  if (type == S_IFDIR || (plain && named_as_directory)) return add_directory(path, member);
  if (!path) return Error("names the destination itself and is no directory");
  if (plain) return file(*path, member);
  if (type == S_IFLNK && !named_as_directory) return symlink(*path, member);
  return Error("is a device, fifo or socket, or contradicts its name; it is never extracted");
}

Result<void> ZipReader::add_directory(const std::optional<sandbox::SandboxPath>& path,
                                      const ZipMember& member) {
  if (member.size != 0) return Error("is a directory that carries data");
  // Nothing, but even that is verified.
  TRY(reader_->read(member, [](std::span<const std::byte>) { return Result<void>(); }));
  if (!path) return {};  // the destination itself is the caller's
  return into_.add_directory(*path, attributes(member, 0755));
}

Result<void> ZipReader::file(const sandbox::SandboxPath& path, const ZipMember& member) {
  auto sink = TRY(into_.create_file(path, attributes(member, 0644)));
  if (!batch_) batch_ = std::make_unique<MemberBatch>(shared_);
  batch_->add(std::move(sink), member);
  return batch_->is_full(pool_.files_of_fill()) ? flush() : Result<void>();
}

Result<void> ZipReader::symlink(const sandbox::SandboxPath& path, const ZipMember& member) {
  if (member.size >= PATH_MAX) {
    return Error(cat("a symbolic link whose target has more than ", PATH_MAX - 1, " bytes"));
  }
  std::string target;
  TRY(reader_->read(member, [&](std::span<const std::byte> bytes) -> Result<void> {
    target.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }));
  return into_.add_symlink(path, target, attributes(member, 0777).modified);
}

Result<void> ZipReader::flush() {
  if (!batch_) return {};
  return pool_.add(std::move(batch_));
}

Attributes ZipReader::attributes(const ZipMember& member, mode_t if_unknown) {
  return {.permissions = member.unix_mode != 0 ? member.unix_mode & 0777 : if_unknown,
          .modified = timespec{.tv_sec = member.modified, .tv_nsec = 0}};
}

}  // namespace

Result<void> read_zip(int file, std::uint64_t size, Tree& into, FillPool& pool, Budget& budget) {
  auto directory = TRY(read_zip_directory(file, size, budget.limits()));
  auto shared = std::make_shared<Shared>(std::move(directory), file, budget);
  ZipReader reader(std::move(shared), into, pool, budget.limits());
  return reader.run();
}

}  // namespace slipway::fetcher
