// The cache: one directory of one user, shared by every slipway that runs as that user.
//
//   CACHEDIR.TAG
//   v1/uris/KEY          what is known of a URI (JSON): which object, when, with what validators
//   v1/objects/SHA256    contents, read-only
//   v1/locks/KEY         flock: who holds it may fill KEY; never unlinked
//   v1/partial/KEY       what the holder of the lock is filling
//
// Ensures: an entry or object is complete or absent (written under partial/, synced, renamed);
// locks die with their holder; every file is a regular one of the user's, opened without following
// links. A damaged or foreign entry is a miss. Contents are verified by who reads them
// (copy_verified).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "fetcher/validators.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct CacheEntry {
  std::string sha256;  // of the content; its name among the objects
  std::uint64_t bytes = 0;
  Validators validators;
  std::int64_t fetched_at = 0;  // seconds since the epoch, when it was last known to be current
  std::optional<mode_t> mode;   // of a local source
  std::string uri;              // redacted, for people
  std::string generation;       // changes whenever the URI is fetched anew
};

// A partial file and the right to publish it: the lock on its key is held for as long as this
// lives.
struct CacheFill {
  std::string key;
  Fd lock;
  Fd file;  // empty, open for writing
};

class Cache {
 public:
  // `root` is the user's cache directory. Creates what is missing below it. Errors: it is not a
  // directory of `owner` alone (mode 0700), or it cannot be written.
  static Result<Cache> open(Fd root, uid_t owner);
  // As open(), but creates nothing: nothing where the cache is not there yet.
  static Result<std::optional<Cache>> open_existing(Fd root, uid_t owner);

  // Nothing for a key that is not there or whose entry cannot be trusted.
  [[nodiscard]] std::optional<CacheEntry> find(const std::string& key) const;

  // The content of an entry, open for reading; an error where it is gone or not as recorded.
  [[nodiscard]] Result<Fd> open_object(const CacheEntry& entry) const;

  // Waits until nobody else fills `key`, at most `patience`; nothing when that passed.
  Result<std::optional<CacheFill>> begin_fill(const std::string& key,
                                              std::chrono::milliseconds patience) const;

  // Gives a fill up: what it has written so far is removed.
  void abandon(CacheFill fill) const;

  // Makes the filled file the content of its key and `entry` what is known of it. The entry's
  // generation is set by this. Returns it with the content open for reading.
  Result<std::pair<CacheEntry, Fd>> publish(CacheFill fill, CacheEntry entry) const;

  // Records that the entry was found current at `now`, unless it was changed meanwhile.
  Result<void> touch(const std::string& key, const CacheEntry& entry, std::int64_t now) const;

  // Removes an entry and its content, after its content was found damaged; not where somebody else
  // has replaced it, or is about to.
  Result<void> discard(const std::string& key, const CacheEntry& entry) const;

 private:
  Cache(Fd version, uid_t owner) : version_(std::move(version)), owner_(owner) {}
  Result<void> store(const CacheFill& fill, CacheEntry& entry) const;
  Result<void> write_entry(const std::string& key, const CacheEntry& entry) const;
  Result<Fd> open_own_file(const std::string& path, int flags) const;

  Fd version_;  // v1/
  uid_t owner_;
};

// Copies the whole of `from` (from its start) to the end of `to`, hashing on the way. False where
// the content is not the one that `sha256` names; `to` is then worthless.
Result<bool> copy_verified(int from, int to, const std::string& sha256);

// True where the content of `from` is the one that `sha256` names.
Result<bool> verify_content(int from, const std::string& sha256);

}  // namespace slipway::fetcher
