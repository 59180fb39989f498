#include "fetcher/zip.h"

#include <sys/stat.h>

#include <climits>
#include <memory>

#include "fetcher/member_name.h"
#include "fetcher/zip_directory.h"
#include "fetcher/zip_member.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// So much content in one go, that handing it over costs little.
constexpr std::uint64_t kBatchBytes = std::uint64_t{1} << 20;

using Directory = std::shared_ptr<const ZipDirectory>;

// Some new files and the members that they become.
class MemberBatch final : public Fill {
 public:
  // `all` owns the members.
  MemberBatch(Directory all, int file, Budget& budget)
      : all_(std::move(all)), file_(file), budget_(budget) {}

  void add(std::unique_ptr<FileSink> sink, const ZipMember& member) {
    files_.push_back({std::move(sink), &member});
    bytes_ += member.size;
  }
  [[nodiscard]] bool is_full(std::size_t files) const {
    return files_.size() >= files || bytes_ >= kBatchBytes;
  }

  Result<void> run() override {
    ZipMemberReader reader(file_, budget_);
    for (auto& file : files_) {
      TRY(fill(reader, file).context([&] {
        return cat("member ", quote_member(file.member->name));
      }));
      file.sink.reset();
    }
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

  Directory all_;
  int file_;
  Budget& budget_;
  std::vector<File> files_;
  std::uint64_t bytes_ = 0;
};

class ZipReader {
 public:
  ZipReader(Directory directory, int file, Tree& into, FillPool& pool, Budget& budget)
      : directory_(std::move(directory)),
        file_(file),
        into_(into),
        pool_(pool),
        budget_(budget),
        reader_(file, budget) {}

  Result<void> run();

 private:
  Result<void> extract(const ZipMember& member);
  Result<void> add_directory(const std::optional<sandbox::SandboxPath>& path,
                             const ZipMember& member);
  Result<void> file(const sandbox::SandboxPath& path, const ZipMember& member);
  Result<void> symlink(const sandbox::SandboxPath& path, const ZipMember& member);
  Result<void> flush();
  static Attributes attributes(const ZipMember& member, mode_t if_unknown);

  Directory directory_;
  int file_;
  Tree& into_;
  FillPool& pool_;
  Budget& budget_;
  ZipMemberReader reader_;  // for what is no file's content
  std::unique_ptr<MemberBatch> batch_;
};

Result<void> ZipReader::run() {
  for (const auto& member : directory_->members) {
    TRY(extract(member).context([&] { return cat("member ", quote_member(member.name)); }));
  }
  return flush();
}

Result<void> ZipReader::extract(const ZipMember& member) {
  const auto path = TRY(parse_member_name(member.name, budget_.limits()));
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
  TRY(reader_.read(member, [](std::span<const std::byte>) { return Result<void>(); }));
  if (!path) return {};  // the destination itself is the caller's
  return into_.add_directory(*path, attributes(member, 0755));
}

Result<void> ZipReader::file(const sandbox::SandboxPath& path, const ZipMember& member) {
  auto sink = TRY(into_.create_file(path, attributes(member, 0644)));
  if (!batch_) batch_ = std::make_unique<MemberBatch>(directory_, file_, budget_);
  batch_->add(std::move(sink), member);
  return batch_->is_full(pool_.files_of_fill()) ? flush() : Result<void>();
}

Result<void> ZipReader::symlink(const sandbox::SandboxPath& path, const ZipMember& member) {
  if (member.size >= PATH_MAX) {
    return Error(cat("a symbolic link whose target has more than ", PATH_MAX - 1, " bytes"));
  }
  std::string target;
  TRY(reader_.read(member, [&](std::span<const std::byte> bytes) -> Result<void> {
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
  ZipReader reader(std::make_shared<const ZipDirectory>(std::move(directory)), file, into, pool,
                   budget);
  return reader.run();
}

}  // namespace slipway::fetcher
