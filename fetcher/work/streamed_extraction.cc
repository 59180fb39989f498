#include "fetcher/work/streamed_extraction.h"

#include <cerrno>

#include "fetcher/base/start_thread.h"
#include "fetcher/cache/placement.h"
#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

constexpr char kTree[] = "tree";

}  // namespace

void StreamedExtraction::begins(int file) {
  failed();  // what came before is given up
  result_.reset();
  if (auto started = start(file); !started) result_ = std::move(started).error();
}

Result<void> StreamedExtraction::start(int file) {
  TRY(remove_tree(own_, kTree));
  TRY(sys::make_directory(own_, kTree, 0755));
  tree_ = TRY(sys::open_beneath(own_, kTree, O_RDONLY | O_DIRECTORY));
  archive_ = TRY(sys::duplicate(file));
  arrival_.emplace();
  thread_ = start_thread([this] {
    const ExtractionSlots::Turn turn(slots_, *arrival_, progress_);
    if (!turn) {
      result_ = Error("it did not arrive");
      return;
    }
    result_ = extract(archive_.get(), *arrival_, format_, file_name_, tree_.get(), limits_, hashes_,
                      progress_);
  });
  if (!thread_.joinable()) {
    return Error::system(EAGAIN, "starting a thread")
        .hint("raise the task's user's limit on processes (ulimit -u) or its cgroup's (pids.max)");
  }
  return {};
}

void StreamedExtraction::written(std::uint64_t size) noexcept {
  if (thread_.joinable()) arrival_->written(size);
}

void StreamedExtraction::arrived() noexcept {
  if (thread_.joinable()) arrival_->complete();
}

void StreamedExtraction::failed() noexcept {
  if (!thread_.joinable()) return;
  arrival_->fail();
  thread_.join();
}

Result<Extracted> StreamedExtraction::finish() {
  if (thread_.joinable()) thread_.join();
  if (!result_) return Error("nothing arrived to be extracted");
  return *std::move(result_);
}

}  // namespace slipway::fetcher
