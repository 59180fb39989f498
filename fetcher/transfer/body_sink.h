// Where a transport puts the body: written in big pieces, hashed on the way, never beyond the
// limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fetcher/base/digest.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class BodySink {
 public:
  enum class Sha512 { kNo, kYes };  // whether that digest is wanted too

  static constexpr std::size_t kPiece = std::size_t{1} << 20;

  // `into` is borrowed, empty, and written from its start on, in pieces of `piece` bytes. `watcher`
  // (borrowed, may be null) is told of every piece that was written.
  BodySink(int into, std::uint64_t max_bytes, BodyWatcher* watcher = nullptr,
           Sha512 sha512 = Sha512::kNo, std::size_t piece = kPiece);

  // Takes over what an earlier run has left in the file, by reading it, which the watcher is told
  // of as of waiting. Bytes that are no longer what was received are worth nothing: then the file
  // is empty.
  Result<void> adopt(const PartialBody& left);

  // For a transport, before the first byte of a body: what came before counts no more. False as
  // write().
  [[nodiscard]] bool begin(BodyIdentity identity) noexcept;

  // What the bytes so far belong to.
  [[nodiscard]] const BodyIdentity& identity() const { return identity_; }
  // What of it is in the file.
  [[nodiscard]] PartialBody so_far() const { return {flushed_, sha256_.hex_so_far(), identity_}; }

  // False once something is wrong: failure() says what, and nothing is written any more. Does not
  // allocate, does not throw: a C library calls it.
  [[nodiscard]] bool write(std::span<const std::byte> bytes) noexcept;

  // Writes what is still held back: all that was received is in the file then. False as write().
  [[nodiscard]] bool flush() noexcept;

  // flush(), then the bytes and their digests, or failure(). Nothing more can be written of this
  // body: begin() is for another.
  Result<Received, TransferFailure> finish();

  [[nodiscard]] bool failed() const noexcept {
    return over_limit_ || write_errno_ != 0 || objection() != nullptr;
  }
  // Why; only where failed().
  [[nodiscard]] TransferFailure failure() const;
  // The failure of a body whose announced length is beyond the limit already.
  static TransferFailure too_large(std::uint64_t max_bytes);

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] BodyWatcher* watcher() const { return watcher_; }

 private:
  [[nodiscard]] const Error* objection() const noexcept {
    return watcher_ == nullptr ? nullptr : watcher_->objection();
  }
  void reserve_ahead() noexcept;
  void hash(std::span<const std::byte> bytes) noexcept;
  Result<void> cut(std::uint64_t bytes);

  int into_;
  std::uint64_t max_bytes_;
  BodyWatcher* watcher_;
  std::uint64_t received_ = 0;
  std::uint64_t flushed_ = 0;   // of these, what is in the file
  std::uint64_t reserved_ = 0;  // up to there blocks were asked for
  std::size_t piece_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t held_ = 0;
  BodyIdentity identity_;
  Sha256 sha256_;  // of what is in the file
  std::optional<fetcher::Sha512> sha512_;
  int write_errno_ = 0;
  bool over_limit_ = false;
};

}  // namespace slipway::fetcher
