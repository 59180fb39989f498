// What the tests of the cache's room share: small caches, filled by name, and others that hold a
// lock.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fetcher/base/digest.h"
#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_inventory.h"
#include "fetcher/cache/cache_key.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {

using std::chrono::milliseconds;
using tests::FailsWith;
using tests::IsOk;

inline constexpr std::uint64_t kKiB = 1024;
inline const BodyIdentity kStrong{{"\"strong\"", ""}, 1000};

class CacheRoomTest : public ::testing::Test {
 protected:
  CacheRoomTest() : dir_(0700) {}

  static Result<Cache> open_in(const std::string& path, std::uint64_t max_bytes,
                               std::uint64_t reserve = 0) {
    return Cache::open(TRY(sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY)), ::geteuid(),
                       {max_bytes, reserve});
  }
  Result<Cache> open(std::uint64_t max_bytes = 1024 * kKiB) {
    return open_in(dir_.path(), max_bytes);
  }

  static std::string key(std::string_view name) {
    return cache_key(*Uri::parse(cat("http://h/", name)));
  }
  static Result<Fd> put(const Cache& cache, std::string_view name, std::uint64_t bytes) {
    std::string content(bytes, 'x');
    content.replace(0, name.size(), name);
    return put_content(cache, name, content);
  }
  static Result<Fd> put_content(const Cache& cache, std::string_view name,
                                const std::string& content) {
    auto fill = TRY(cache.begin_fill(key(name), milliseconds(1000)));
    if (!fill) return Error("locked");
    TRY(sys::truncate(fill->file.get(), 0));
    TRY(sys::write_all_at(fill->file.get(), std::as_bytes(std::span(content)), 0));
    CacheEntry entry{sha256_hex(content), content.size(), {}, 1234, {}, "http://h/", {}};
    return std::move(TRY(cache.publish(*std::move(fill), std::move(entry))).second);
  }
  static bool has(const Cache& cache, std::string_view name) {
    const auto entry = cache.find(key(name));
    return entry && cache.directory().find_file(in("objects", entry->sha256));
  }
  // As if it had been used so many seconds ago.
  void age(const Cache& cache, std::string_view name, time_t seconds) {
    const timespec then{::time(nullptr) - seconds, 0};
    for (const auto& path : {in("uris", key(name)), in("objects", cache.find(key(name))->sha256)}) {
      ASSERT_THAT(sys::set_times_at(cache.directory().fd(), path, then, then), IsOk());
    }
  }
  static std::uint64_t total(const Cache& cache) {
    const auto inventory = take_inventory(cache.directory(), [] {});
    return inventory->stored_bytes() + inventory->partial_bytes();
  }
  // As du(1) counts: all files, the cache's own among them.
  [[nodiscard]] std::uint64_t disk_use() const {
    std::uint64_t bytes = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (each.is_regular_file())
        bytes += disk_bytes(*sys::stat_at(AT_FDCWD, each.path().native()));
    }
    return bytes;
  }
  std::string v1(std::string_view name) { return dir_ / cat("v1/", name); }
  static PartialBody received(std::string_view text, const BodyIdentity& identity) {
    return {text.size(), sha256_hex(text), identity};
  }
  // A child that holds the lock of `name` and has written "half", and then does `rest`.
  template <class Rest>
  pid_t holder(const Cache& cache, std::string_view name, const Rest& rest) {
    const auto [from, to] = *sys::make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
      auto fill = cache.begin_fill(key(name), milliseconds(0));
      (void)sys::write_all((*fill)->file.get(), "half").has_value();
      (void)cache.note_progress(**fill, received("half", kStrong)).has_value();
      (void)sys::write_all(to.get(), "x").has_value();
      rest(**fill);
      ::_exit(0);
    }
    std::byte byte[1];
    EXPECT_THAT(sys::read(from.get(), byte), IsOk());
    return child;
  }
  static void end(pid_t child) {
    ::kill(child, SIGKILL);
    EXPECT_THAT(sys::wait_for(child), IsOk());
  }

  tests::TempDir dir_;
};

}  // namespace slipway::fetcher
