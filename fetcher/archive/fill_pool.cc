#include "fetcher/archive/fill_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>

#include "fetcher/base/start_thread.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kMostThreads = 3;
// Beside the files that are being filled: directories, the archive, connections.
constexpr std::size_t kOtherFiles = 128;

// For each thread one fill that it does and one that waits, and for the caller's thread one that it
// puts together and one that it does.
std::size_t files_of(std::size_t threads) {
  return (2 * threads + 3) * FillPool::kFilesOfFill + kOtherFiles;
}

// What the pools of this process may have open at once, those that do without threads left out.
std::atomic<std::size_t> claimed = 0;

// How many files may be open, after `wanted` were asked for.
std::size_t allowed_files(rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
    const rlimit more{std::min(wanted, limit.rlim_max), limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return more.rlim_cur;
  }
  return limit.rlim_cur;
}

}  // namespace

std::size_t FillPool::suitable_threads() {
  const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  std::size_t threads = std::min(processors - 1, kMostThreads);
  const std::size_t others = claimed;
  const std::size_t files = allowed_files(others + files_of(kMostThreads));
  while (threads > 0 && others + files_of(threads) > files) --threads;
  return threads;
}

FillPool::FillPool(std::size_t threads) : most_threads_(threads) {
  if (most_threads_ > 0) claimed += files_of(most_threads_);
}

FillPool::~FillPool() {
  if (most_threads_ > 0) claimed -= files_of(most_threads_);
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Result<void> FillPool::add(std::unique_ptr<Fill> fill) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    if (may_wait()) {
      waiting_.push_back(std::move(fill));
      changed_.notify_all();
      return {};
    }
    ++running_;
  }
  note(fill->run());
  const std::lock_guard lock(mutex_);
  if (failure_) return *failure_;
  return {};
}

// There is a thread that will do it, and not too much waiting for it.
bool FillPool::may_wait() {
  if (threads_.size() < most_threads_) {
    auto thread = start_thread([this] { run(); });
    if (thread.joinable()) threads_.push_back(std::move(thread));
  }
  return !threads_.empty() && waiting_.size() <= threads_.size();
}

Result<void> FillPool::finish() {
  for (;;) {
    const auto fill = take();
    if (!fill) break;
    note(fill->run());
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
  if (failure_) return *failure_;
  return {};
}

std::unique_ptr<Fill> FillPool::take() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return nullptr;
  auto fill = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  return fill;
}

void FillPool::note(Result<void> done) {
  {
    const std::lock_guard lock(mutex_);
    --running_;
    if (!done) {
      if (!failure_) failure_ = std::move(done).error();
      waiting_.clear();
    }
  }
  changed_.notify_all();
}

void FillPool::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
    }
    const auto fill = take();
    if (fill) note(fill->run());
  }
}

}  // namespace slipway::fetcher
