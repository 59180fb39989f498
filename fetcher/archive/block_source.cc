#include "fetcher/archive/block_source.h"

#include "fetcher/base/start_thread.h"

namespace slipway::fetcher {

namespace {

// What the consumer may still look at: the block it got last and the one before.
constexpr std::size_t kInUse = 2;

}  // namespace

ReadAhead::ReadAhead(ByteSource& from, std::function<void()> interrupt)
    : from_(from), interrupt_(std::move(interrupt)), ring_(kAhead + kInUse) {
  for (auto& block : ring_) {
    block.bytes = std::make_unique_for_overwrite<std::byte[]>(kBlockBytes);
  }
  thread_ = start_thread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  interrupt_();
  thread_.join();
}

Result<std::span<const std::byte>> ReadAhead::next() {
  if (!thread_.joinable()) return read_here();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return taken_ < filled_ || end_; });
  if (taken_ == filled_) {
    TRY(Result<void>(*end_));
    return std::span<const std::byte>();
  }
  const Block& block = ring_[taken_ % ring_.size()];
  ++taken_;
  lock.unlock();
  changed_.notify_all();
  return std::span<const std::byte>(block.bytes.get(), block.size);
}

Result<std::span<const std::byte>> ReadAhead::read_here() {
  std::byte* const bytes = ring_[taken_++ % ring_.size()].bytes.get();
  return std::span<const std::byte>(bytes, TRY(read_full(from_, std::span(bytes, kBlockBytes))));
}

ReadAhead::Block* ReadAhead::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stop_ || filled_ - taken_ < kAhead; });
  return stop_ ? nullptr : &ring_[filled_ % ring_.size()];
}

void ReadAhead::run() {
  for (;;) {
    Block* const block = wait_for_room();
    if (block == nullptr) return;
    const auto count = read_full(from_, std::span(block->bytes.get(), kBlockBytes));
    const bool ended = !count || *count < kBlockBytes;
    {
      const std::lock_guard lock(mutex_);
      block->size = count ? *count : 0;
      if (block->size > 0) ++filled_;
      if (ended) end_ = count ? Result<void>() : Result<void>(count.error());
    }
    changed_.notify_all();
    if (ended) return;
  }
}

}  // namespace slipway::fetcher
