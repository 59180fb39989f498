// Bytes in blocks, handed over without copying: between what decodes an archive and what parses it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "fetcher/archive/byte_source.h"

namespace slipway::fetcher {

inline constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;

class BlockSource {
 public:
  BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  virtual ~BlockSource() = default;

  // The next kBlockBytes bytes, fewer only at the end, none after it. They stay valid until the
  // second call after this one.
  virtual Result<std::span<const std::byte>> next() = 0;
};

// Reads ahead on a thread of its own, at most kAhead blocks.
class ReadAhead final : public BlockSource {
 public:
  // `from` (borrowed) is read by the thread alone for as long as this lives. `interrupt` makes a
  // read of it that waits return soon; it is called when this ends.
  ReadAhead(ByteSource& from, std::function<void()> interrupt);
  ~ReadAhead() override;
  Result<std::span<const std::byte>> next() override;

 private:
  static constexpr std::size_t kAhead = 6;
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };

  void run();
  // Where there is no thread to be had.
  Result<std::span<const std::byte>> read_here();
  // A block that nobody uses; nothing where the reading is to stop.
  Block* wait_for_room();

  ByteSource& from_;
  std::function<void()> interrupt_;
  std::vector<Block> ring_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_ = 0;  // blocks that were ever filled, and handed out
  std::size_t taken_ = 0;
  std::optional<Result<void>> end_;  // how the reading ended
  bool stop_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace slipway::fetcher
