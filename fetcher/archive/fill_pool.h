// Fills new files with their content, several at a time. The names of a tree are made by one
// thread, in the order of the archive; what is in the files depends on no order, so others may
// write it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Some files and where their content comes from.
class Fill {
 public:
  Fill() = default;
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;
  virtual ~Fill() = default;
  virtual Result<void> run() = 0;
};

class FillPool {
 public:
  // At most so many threads, started when there is something to do; with 0 who calls does all.
  explicit FillPool(std::size_t threads);
  // Ends without doing what still waits.
  ~FillPool();
  FillPool(const FillPool&) = delete;
  FillPool& operator=(const FillPool&) = delete;

  // Where enough is waiting already the caller's own thread does it. An error says that some fill
  // has failed, and nothing more will be done: finish() tells the same one.
  Result<void> add(std::unique_ptr<Fill> fill);
  // Everything is done, or the error of the fill that failed first.
  Result<void> finish();

  // As many as this machine has processors for, beside the caller; few enough for the number of
  // files that this process may have open beside those of its other pools, each fill having at most
  // kFilesOfFill.
  static std::size_t suitable_threads();
  static constexpr std::size_t kFilesOfFill = 32;

  // How many files a fill should have: one at a time where nobody else takes them over.
  [[nodiscard]] std::size_t files_of_fill() const { return most_threads_ == 0 ? 1 : kFilesOfFill; }

 private:
  void run();
  bool may_wait();
  void note(Result<void> done);
  std::unique_ptr<Fill> take();

  const std::size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Fill>> waiting_;
  std::size_t running_ = 0;
  std::optional<Error> failure_;  // of the first fill that failed
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace slipway::fetcher
