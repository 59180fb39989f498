// Where a transport puts the body: written in big pieces, hashed on the way, never beyond the
// limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fetcher/digest.h"
#include "fetcher/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class BodySink {
 public:
  // `into` is borrowed and written from its current position on. `watcher` (borrowed, may be null)
  // is told of every piece that was written.
  BodySink(int into, std::uint64_t max_bytes, BodyWatcher* watcher = nullptr);

  // False once something is wrong: failure() says what, and nothing is written any more. Does not
  // allocate, does not throw: a C library calls it.
  [[nodiscard]] bool write(std::span<const std::byte> bytes) noexcept;

  // Writes what is still held back. The bytes and their digest, or failure().
  Result<Received, TransferFailure> finish();

  [[nodiscard]] bool failed() const { return over_limit_ || write_errno_ != 0; }
  // Why; only where failed().
  [[nodiscard]] TransferFailure failure() const;
  // The failure of a body whose announced length is beyond the limit already.
  static TransferFailure too_large(std::uint64_t max_bytes);

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }

 private:
  bool flush() noexcept;

  int into_;
  std::uint64_t max_bytes_;
  BodyWatcher* watcher_;
  std::uint64_t received_ = 0;
  std::uint64_t flushed_ = 0;  // of these, what is in the file
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t held_ = 0;
  Sha256 digest_;
  int write_errno_ = 0;
  bool over_limit_ = false;
};

}  // namespace slipway::fetcher
