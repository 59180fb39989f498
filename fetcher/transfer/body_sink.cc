#include "fetcher/transfer/body_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

BodySink::BodySink(int into, std::uint64_t max_bytes, BodyWatcher* watcher, Sha512 sha512,
                   std::size_t piece)
    : into_(into),
      max_bytes_(max_bytes),
      watcher_(watcher),
      piece_(piece),
      // libcurl hands over 16 KiB or so at a time; fewer, bigger writes take half the time.
      buffer_(std::make_unique_for_overwrite<std::byte[]>(piece)) {
  if (sha512 == Sha512::kYes) sha512_.emplace();
}

Result<void> BodySink::cut(std::uint64_t bytes) {
  if (::ftruncate(into_, static_cast<off_t>(bytes)) != 0 ||
      ::lseek(into_, static_cast<off_t>(bytes), SEEK_SET) < 0) {
    return Error::system(errno, "cut the file to what was received");
  }
  return {};
}

Result<void> BodySink::adopt(const PartialBody& left) {
  // The limit was another one then.
  const std::uint64_t bytes = left.bytes > max_bytes_ ? 0 : left.bytes;
  for (std::uint64_t offset = 0; offset < bytes;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece_, bytes - offset);
    const std::size_t count = TRY(sys::read_at(into_, {buffer_.get(), wanted}, offset));
    if (count == 0) return Error("the file is shorter than it was");
    hash({buffer_.get(), count});
    offset += count;
    if (watcher_ != nullptr) watcher_->waiting();  // somebody may wait for us
  }
  if (bytes == 0 || sha256_.hex_so_far() != left.sha256) {
    (void)sha256_.finish_hex();
    if (sha512_) (void)sha512_->finish_hex();
    return cut(0);
  }
  TRY(cut(bytes));
  received_ = flushed_ = bytes;
  identity_ = left.identity;
  if (watcher_ != nullptr) watcher_->written(flushed_);
  return failed() ? Result<void>(failure().error) : Result<void>();
}

bool BodySink::begin(BodyIdentity identity) noexcept {
  if (failed()) return false;
  if (received_ > 0) {
    if (::ftruncate(into_, 0) != 0 || ::lseek(into_, 0, SEEK_SET) < 0) {
      write_errno_ = errno;
      return false;
    }
    received_ = flushed_ = held_ = reserved_ = 0;
    (void)sha256_.finish_hex();
    if (sha512_) (void)sha512_->finish_hex();
    if (watcher_ != nullptr) watcher_->restarted();
  }
  identity_ = std::move(identity);
  if (watcher_ != nullptr) watcher_->identified(identity_);
  return !failed();
}

void BodySink::hash(std::span<const std::byte> bytes) noexcept {
  sha256_.update(bytes);
  if (sha512_) sha512_->update(bytes);
}

bool BodySink::write(std::span<const std::byte> bytes) noexcept {
  if (failed()) return false;
  if (bytes.size() > max_bytes_ - received_) {
    over_limit_ = true;
    return false;
  }
  received_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), piece_ - held_);
    std::memcpy(buffer_.get() + held_, bytes.data(), count);
    held_ += count;
    bytes = bytes.subspan(count);
    if (held_ == piece_ && !flush()) return false;
  }
  return true;
}

// Blocks that are asked for in big pieces cost less than one by one (fallocate(2)). Never far ahead
// of what came: an announced length is a promise, and no promise may fill the disk.
void BodySink::reserve_ahead() noexcept {
  constexpr std::uint64_t kAhead = std::uint64_t{64} << 20;
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;
  if (!identity_.total || *identity_.total < kLeast || reserved_ > flushed_ + held_) return;
  const std::uint64_t end = std::min(*identity_.total, flushed_ + held_ + kAhead);
  if (end <= flushed_) return;
  // Where it cannot be done, write(2) does without, or says why not.
  (void)::fallocate(into_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(flushed_),
                    static_cast<off_t>(end - flushed_));
  reserved_ = end;
}

bool BodySink::flush() noexcept {
  if (held_ > 0) reserve_ahead();
  hash({buffer_.get(), held_});
  // Not sys::write_all: its error is a string, and this runs inside a C library's callback.
  for (std::size_t written = 0; written < held_;) {
    const ssize_t count = ::write(into_, buffer_.get() + written, held_ - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      write_errno_ = errno;
      return false;
    }
    written += static_cast<std::size_t>(count);
  }
  flushed_ += held_;
  held_ = 0;
  if (watcher_ != nullptr) watcher_->written(flushed_);
  return !failed();
}

Result<Received, TransferFailure> BodySink::finish() {
  if (failed() || !flush()) return failure();
  // What was reserved and not needed.
  if (reserved_ > received_ && ::ftruncate(into_, static_cast<off_t>(received_)) != 0) {
    write_errno_ = errno;
    return failure();
  }
  return Received{received_,
                  sha256_.finish_hex(),
                  identity_.validators,
                  {},
                  sha512_ ? sha512_->finish_hex() : std::string()};
}

TransferFailure BodySink::failure() const {
  if (over_limit_) return too_large(max_bytes_);
  if (const Error* why = objection()) return local_failure(*why);
  return {FailureClass::kLocal, 0, Error::system(write_errno_, "write the body to its file")};
}

TransferFailure BodySink::too_large(std::uint64_t max_bytes) {
  return {FailureClass::kUser, 0,
          Error(cat("the body is larger than the limit of ", max_bytes, " bytes"))
              .hint("raise it with --max-size, or max_size under [fetch] in the settings")
              .as(MessageCode::kFetchSize)};
}

}  // namespace slipway::fetcher
