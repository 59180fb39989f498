#include "fetcher/body_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// libcurl hands over 16 KiB at a time; fewer, bigger writes take half the time.
constexpr std::size_t kBufferSize = 512 * 1024;

}  // namespace

BodySink::BodySink(int into, std::uint64_t max_bytes, BodyWatcher* watcher)
    : into_(into),
      max_bytes_(max_bytes),
      watcher_(watcher),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(kBufferSize)) {}

bool BodySink::write(std::span<const std::byte> bytes) noexcept {
  if (failed()) return false;
  if (bytes.size() > max_bytes_ - received_) {
    over_limit_ = true;
    return false;
  }
  received_ += bytes.size();
  digest_.update(bytes);
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kBufferSize - held_);
    std::memcpy(buffer_.get() + held_, bytes.data(), count);
    held_ += count;
    bytes = bytes.subspan(count);
    if (held_ == kBufferSize && !flush()) return false;
  }
  return true;
}

bool BodySink::flush() noexcept {
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
  return true;
}

Result<Received, TransferFailure> BodySink::finish() {
  if (failed() || !flush()) return failure();
  return Received{received_, digest_.finish_hex(), {}, {}};
}

TransferFailure BodySink::failure() const {
  if (over_limit_) return too_large(max_bytes_);
  return {FailureClass::kLocal, 0, Error::system(write_errno_, "write the body to its file")};
}

TransferFailure BodySink::too_large(std::uint64_t max_bytes) {
  return {FailureClass::kUser, 0,
          Error(cat("the body is larger than the limit of ", max_bytes, " bytes"))};
}

}  // namespace slipway::fetcher
