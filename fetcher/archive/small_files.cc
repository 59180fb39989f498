#include "fetcher/archive/small_files.h"

#include "fetcher/archive/member_name.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBatchBytes = std::size_t{512} * 1024;

}  // namespace

class SmallFiles::Batch final : public Fill {
 public:
  [[nodiscard]] bool has_room(std::size_t size, std::size_t files) const {
    return files_.size() < files && size <= kBatchBytes - used_;
  }
  [[nodiscard]] std::span<std::byte> room(std::size_t size) const {
    return {content_.get() + used_, size};
  }
  void add(std::unique_ptr<FileSink> sink, std::size_t size, std::string name) {
    files_.push_back({std::move(sink), std::move(name), room(size)});
    used_ += size;
  }

  Result<void> run() override {
    for (auto& file : files_) {
      TRY(fill(file).context([&] { return cat("member ", quote_member(file.name)); }));
      file.sink.reset();
    }
    return {};
  }

 private:
  struct File {
    std::unique_ptr<FileSink> sink;
    std::string name;
    std::span<const std::byte> content;
  };

  static Result<void> fill(const File& file) {
    if (!file.content.empty()) TRY(file.sink->write_at(0, file.content));
    return file.sink->finish(file.content.size());
  }

  std::unique_ptr<std::byte[]> content_ = std::make_unique_for_overwrite<std::byte[]>(kBatchBytes);
  std::size_t used_ = 0;
  std::vector<File> files_;
};

SmallFiles::SmallFiles(FillPool& pool) : pool_(pool) {}
SmallFiles::~SmallFiles() = default;

Result<std::span<std::byte>> SmallFiles::room(std::size_t size) {
  if (batch_ && !batch_->has_room(size, pool_.files_of_fill())) TRY(flush());
  if (!batch_) batch_ = std::make_unique<Batch>();
  return batch_->room(size);
}

void SmallFiles::add(std::unique_ptr<FileSink> sink, std::size_t size, std::string name) {
  batch_->add(std::move(sink), size, std::move(name));
}

Result<void> SmallFiles::flush() {
  if (!batch_) return {};
  return pool_.add(std::move(batch_));
}

}  // namespace slipway::fetcher
