// An owned file descriptor. A raw int is borrowed.
#pragma once

#include <utility>

#include "sandbox/base/result.h"

namespace slipway {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int owned) : fd_(owned) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  // Closes, ignoring errors: for descriptors that were not written.
  void reset();
  // Closes and reports: for files that were written (close(2): NFS and quotas tell only now).
  Result<void> close();

 private:
  int fd_ = -1;
};

}  // namespace slipway
