// Locks of the cache: flocks, which die with their holder. Lock files may be unlinked by who holds
// them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fetcher/cache/cache_directory.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// The lock on a file, made where it is missing; nothing where somebody holds it.
Result<std::optional<Fd>> try_lock(const CacheDirectory& directory, const std::string& path);

// As try_lock(), but waits; nothing when the holder has given no sign of life for `patience`: the
// size and the time of last change of the lock's file, and of `grows` (may be empty), stayed what
// they were. By a clock of our own: those times are compared with each other only. A lock whose
// holder died is had within 50 ms. Nothing at `end` either, where there is one. `waiting` (may be
// empty) is called before each look.
Result<std::optional<Fd>> wait_for_lock(
    const CacheDirectory& directory, const std::string& path, const std::string& grows,
    std::chrono::milliseconds patience, const std::function<void()>& waiting = {},
    const std::optional<std::chrono::steady_clock::time_point>& end = {});

// A sign of life by the holder.
void show_life(int lock) noexcept;

// The same about once a second, however often it is called, by any thread.
class LifeSign {
 public:
  // `lock` is borrowed; from now on.
  void belongs_to(int lock) noexcept { lock_ = lock; }
  void show() noexcept;

 private:
  std::atomic<int> lock_ = -1;  // none
  std::atomic<std::int64_t> next_ = 0;
};

}  // namespace slipway::fetcher
