// A file that one thread writes, from its start to its end, while another reads it already.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "fetcher/archive/byte_source.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class Arrival {
 public:
  Arrival() = default;
  // Of a file that is all there.
  explicit Arrival(std::uint64_t size) : size_(size), state_(State::kComplete) {}

  // For who writes. The first `size` bytes are in the file.
  void written(std::uint64_t size) noexcept;
  // Nothing more comes: what was written is all, or is worth nothing.
  void complete() noexcept { end(State::kComplete); }
  void fail() noexcept { end(State::kFailed); }

  // For who reads. Waits until there is more than `offset` or all of it, and says how much there
  // is. An error: it has failed, or was interrupted.
  Result<std::uint64_t> wait_beyond(std::uint64_t offset);
  Result<std::uint64_t> wait_for_all();
  // How long it has made its reader wait so far.
  [[nodiscard]] std::chrono::nanoseconds waited() const {
    return std::chrono::nanoseconds(waited_);
  }
  [[nodiscard]] bool has_failed() const;
  // Nobody waits any more, now and later.
  void interrupt() noexcept { end(State::kFailed); }

 private:
  enum class State { kArriving, kComplete, kFailed };
  void end(State state) noexcept;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t size_ = 0;
  State state_ = State::kArriving;
  std::atomic<std::chrono::nanoseconds::rep> waited_ = 0;
};

// The bytes of such a file. The descriptor is borrowed and its own offset left alone.
class ArrivingFile final : public ByteSource {
 public:
  ArrivingFile(int file, Arrival& arrival) : file_(file), arrival_(arrival) {}

  Result<std::size_t> read(std::span<std::byte> into) override;
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }

 private:
  int file_;
  Arrival& arrival_;
  std::uint64_t consumed_ = 0;
};

}  // namespace slipway::fetcher
