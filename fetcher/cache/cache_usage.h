// v1/usage: how much of the disk objects, entries and trees take, so that nobody has to walk the
// cache to know. Never less than they do: what is added is counted before it is there, what
// vanished in other ways than by eviction stays counted until the next walk.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "fetcher/cache/cache_directory.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class CacheUsage {
 public:
  // The count and the right to change it, and to evict, for as long as this lives. Nothing where
  // its holder shows no life: then the count is thrown away, and the next walk makes a new one.
  // `waiting` (may be empty) is called now and then meanwhile.
  static Result<std::optional<CacheUsage>> lock(const CacheDirectory& directory,
                                                const std::function<void()>& waiting = {});

  // In bytes. Nothing where it must be counted: never done in this boot (what was not written back
  // before a power cut is not known to it), damaged, or more than a day ago.
  [[nodiscard]] std::optional<std::uint64_t> read();

  // What a walk has found.
  [[nodiscard]] Result<void> write_counted(std::uint64_t bytes);
  // After read() or write_counted(): changes the count.
  [[nodiscard]] Result<void> write(std::uint64_t bytes);

  // Whether the count that others find is this one: false when somebody has thrown it away.
  [[nodiscard]] bool is_present(const CacheDirectory& directory) const;
  // Throws the count away, whoever has made it: the next walk makes a new one. Where it cannot be
  // removed nobody can change it either.
  static void forget(const CacheDirectory& directory);

  // A sign of life, for walks that take long.
  void beat() const noexcept;

 private:
  explicit CacheUsage(Fd file) : file_(std::move(file)) {}

  Fd file_;
  std::uint64_t counted_at_ = 0;  // seconds since boot
};

}  // namespace slipway::fetcher
