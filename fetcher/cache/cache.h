// The cache: one directory of one user, shared by every slipway that runs as that user.
//
// clang-format off
//   CACHEDIR.TAG
//   v1/uris/KEY            what is known of a URI (JSON): which object, when, with what validators;
//                          the time of last change is that of last use
//   v1/objects/SHA256      contents, read-only, never touched again: so they keep the identity that
//                          was recorded when they were hashed
//   v1/locks/KEY           flock: who holds it may fill KEY; touched as a sign of life
//   v1/partial/KEY         what the holder of the lock is filling, or has left
//   v1/partial/KEY.body    what that is a part of, where it can be resumed
//   v1/trees/KEY/          unpacked archives (tree_store.h)
//   v1/unpacking/          those that are being made
//   v1/usage               what objects, entries and trees take of the disk; flock: who holds it
//                          may change that
// clang-format on
//
// Ensures: an entry or object is complete or absent (written under partial/, then renamed; what a
// power cut tore is a miss, because whoever uses a content verifies it: copy_verified); locks die
// with their holder; every file is a regular one of the user's, opened without following links. A
// damaged or foreign entry is a miss. What is in use (open_object) is not evicted. May be used by
// several threads.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "fetcher/cache/cache_directory.h"
#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/cache_fill.h"
#include "fetcher/plan/cache_limits.h"
#include "fetcher/plan/pin.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

class Cache {
 public:
  // `root` is the user's cache directory. Creates what is missing below it. Errors: it is not a
  // directory of `owner` alone (mode 0700), or it cannot be written.
  static Result<Cache> open(Fd root, uid_t owner, const CacheLimits& limits = {});
  // As open(), but makes nothing: nothing where the cache is not there yet.
  static Result<std::optional<Cache>> open_existing(Fd root, uid_t owner,
                                                    const CacheLimits& limits = {});

  // Nothing for a key that is not there or whose entry cannot be trusted.
  [[nodiscard]] std::optional<CacheEntry> find(const std::string& key) const;

  // The content of an entry, open for reading, and in use for as long as that is open; an error
  // where it is gone or not as recorded.
  [[nodiscard]] Result<Fd> open_object(const CacheEntry& entry) const;

  // Records that the content of `key` is used now: what was not for longest is evicted first.
  void mark_used(const std::string& key) const;

  // Waits until nobody else fills `key`; nothing when who does has given no sign of life for
  // `patience` (no beat(), and no byte written), or at `end`, where there is one.
  [[nodiscard]] Result<std::optional<CacheFill>> begin_fill(
      const std::string& key, std::chrono::milliseconds patience,
      const std::optional<std::chrono::steady_clock::time_point>& end = {}) const;

  // Records that the file begins with that, so that the next fill may go on there; nothing where
  // that is nothing, or cannot be resumed. Before the first byte of a body, too: the record of
  // another one must not stand beside it.
  [[nodiscard]] Result<void> note_progress(const CacheFill& fill, const PartialBody& body) const;

  // A sign of life, to be given about once a second, whatever the holder works on or waits for.
  static void beat(const CacheFill& fill) noexcept;

  // Gives a fill up. keep(): what was noted stays for the next one, where it can be resumed.
  void keep(CacheFill fill) const;
  void abandon(CacheFill fill) const;

  // Makes the filled file the content of its key and `entry` what is known of it. Makes room first.
  // The entry's generation and identity are set by this. Returns it with the content open for
  // reading, in use. Errors: std::errc::file_too_large where the cache may not be as large as the
  // content.
  [[nodiscard]] Result<std::pair<CacheEntry, Fd>> publish(CacheFill fill, CacheEntry entry) const;

  // Evicts what was not used for longest until `bytes` more fit into the limit and leave the
  // reserve free. Errors: std::errc::file_too_large where they never can,
  // std::errc::no_space_on_device where the reserve cannot be had. What others are filling at the
  // moment may come in addition. `alive` is called now and then meanwhile: whoever fills something
  // shows life there, for those who wait for it.
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes, std::function<void()> alive = {}) const;

  // The size in bytes of the largest content that can be cached; nothing where the file system does
  // not say.
  [[nodiscard]] std::optional<std::uint64_t> largest() const;

  // Records that the entry was found current at `now`, unless it was changed meanwhile.
  [[nodiscard]] Result<void> touch(const std::string& key, const CacheEntry& entry,
                                   std::int64_t now) const;

  // Records the identity that the entry's content has now, found to be right, unless the entry was
  // changed meanwhile, or is about to be: then false. No use of it.
  [[nodiscard]] Result<bool> note_identity(const std::string& key, const CacheEntry& entry,
                                           const std::string& identity) const;

  // Removes an entry and its content, after its content was found damaged; not where somebody else
  // has replaced it, or is about to.
  [[nodiscard]] Result<void> discard(const std::string& key, const CacheEntry& entry) const;

  // For those who look after the whole (cache_catalog.h).
  [[nodiscard]] const CacheDirectory& directory() const { return directory_; }
  [[nodiscard]] const CacheLimits& limits() const { return limits_; }

 private:
  Cache(CacheDirectory directory, const CacheLimits& limits)
      : directory_(std::move(directory)), limits_(limits) {}
  Result<std::optional<PartialBody>> find_left(const CacheFill& fill) const;
  Result<void> store(const CacheFill& fill, CacheEntry& entry) const;
  // `used`: when it was used last; now, where that is nothing.
  Result<void> write_entry(const std::string& key, const CacheEntry& entry,
                           std::optional<timespec> used = {}) const;
  enum class LastUse { kNow, kAsItWas };
  Result<bool> amend(const std::string& key, const CacheEntry& entry,
                     const std::function<void(CacheEntry&)>& change, LastUse use) const;

  CacheDirectory directory_;
  CacheLimits limits_;
};

// Copies the whole of `from` (from its start) to the end of `to`, hashing on the way. False where
// the content is not the one that `sha256` names, or cannot be read; `to` is then worthless. Errors
// are those of writing.
Result<bool> copy_verified(int from, int to, const std::string& sha256);

// True where the content of `from` is the one that `sha256` names; false also where it cannot be
// read.
Result<bool> verify_content(int from, const std::string& sha256);

// The same for what a checksum names, and without a question where there is none. `to` may be
// nothing: then nothing is copied.
Result<bool> copy_pinned(int from, std::optional<int> to, const std::optional<Pin>& pin);

}  // namespace slipway::fetcher
