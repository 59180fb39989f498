#include "fetcher/cache/cache.h"

#include <sys/stat.h>

#include "fetcher/base/boot.h"
#include "fetcher/cache/cache_lock.h"
#include "fetcher/cache/path_steps.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr char kTagName[] = "CACHEDIR.TAG";
// https://bford.info/cachedir/: the first line is the signature by which backup programs know a
// cache.
constexpr char kTag[] =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory is a cache of slipway; its contents can be fetched again.\n";
constexpr const char* kSubdirectories[] = {"uris",    "objects", "locks",
                                           "partial", "trees",   "unpacking"};

// A directory that somebody named, or one that is made in it.
enum class Whose { kNamed, kOurs };
// Whoever named a directory of something else must not be told to close it.
Result<bool> may_be_closed(int fd, Whose whose) {
  if (whose == Whose::kOurs || TRY(sys::find_at(fd, kTagName))) return true;
  const auto inside = sys::open_at(fd, ".", O_RDONLY | O_DIRECTORY);
  return inside && TRY(sys::list(inside->get(), 1)).empty();
}

Result<void> check_owner(int fd, uid_t owner, Whose whose) {
  const struct stat found = TRY(sys::stat_fd(fd));
  if (!S_ISDIR(found.st_mode)) return Error("is not a directory");
  if (found.st_uid != owner) {
    return Error(cat("belongs to uid ", found.st_uid, ", not to uid ", owner))
        .hint("a cache belongs to the task's user alone: name another directory");
  }
  if ((found.st_mode & 077) == 0) return {};
  return Error("is open to other users: its mode must be 0700")
      .hint(TRY(may_be_closed(fd, whose)) ? "chmod 700 it"
                                          : "name a directory that is the cache's alone");
}

Result<void> write_tag(int root) {
  auto file = sys::open_at(root, kTagName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) {
    if (file.error().is(std::errc::file_exists)) return {};
    return std::move(file).error();
  }
  return sys::write_all(file->get(), kTag);
}

}  // namespace

Result<Cache> Cache::open(Fd root, uid_t owner, const CacheLimits& limits) {
  TRY(check_owner(root.get(), owner, Whose::kNamed));
  TRY(write_tag(root.get()));
  Fd version = TRY(make_and_open(root.get(), "v1", 0700));
  TRY(check_owner(version.get(), owner, Whose::kOurs).context("'v1'"));
  for (const char* name : kSubdirectories) {
    const Fd directory = TRY(make_and_open(version.get(), name, 0700));
    TRY(check_owner(directory.get(), owner, Whose::kOurs).context(quote(name)));
  }
  return Cache(CacheDirectory(std::move(version), owner), limits);
}

Result<std::optional<Cache>> Cache::open_existing(Fd root, uid_t owner, const CacheLimits& limits) {
  TRY(check_owner(root.get(), owner, Whose::kNamed));
  auto version = sys::open_beneath(root.get(), "v1", O_RDONLY | O_DIRECTORY);
  if (!version) {
    if (version.error().is(std::errc::no_such_file_or_directory)) return std::optional<Cache>();
    return std::move(version).error();
  }
  TRY(check_owner(version->get(), owner, Whose::kOurs).context("'v1'"));
  return std::optional(Cache(CacheDirectory(*std::move(version), owner), limits));
}

std::optional<CacheEntry> Cache::find(const std::string& key) const {
  const auto text = directory_.read_file(in("uris", key), kCacheEntryMaxBytes);
  if (!text) return std::nullopt;
  auto entry = parse_cache_entry(*text);
  return entry ? std::optional(*std::move(entry)) : std::nullopt;  // damaged: a miss
}

Result<Fd> Cache::open_object(const CacheEntry& entry) const {
  Fd file = TRY(directory_.open_file(in("objects", entry.sha256), O_RDONLY));
  const struct stat found = TRY(sys::stat_fd(file.get()));
  if (static_cast<std::uint64_t>(found.st_size) != entry.bytes) {
    return Error(cat("the cached content has ", found.st_size, " bytes instead of ", entry.bytes));
  }
  // It says "in use", and is not needed to read: what is evicted now stays readable while it is
  // open. So a file system without locks is none the worse.
  (void)sys::lock(file.get(), sys::Lock::kShared).has_value();
  return file;
}

void Cache::mark_used(const std::string& key) const {
  // Where it cannot be recorded, as on a file system that is read-only, nothing is evicted either.
  if (const auto entry = directory_.open_file(in("uris", key), O_RDONLY)) show_life(entry->get());
}

// Puts `entry` in place of the one of the same generation; false where there is none.
Result<bool> Cache::amend(const std::string& key, const CacheEntry& entry,
                          const std::function<void(CacheEntry&)>& change, LastUse use) const {
  const auto lock = TRY(try_lock(directory_, in("locks", key)));
  if (!lock) return false;  // who holds it is about to write a newer entry anyway
  auto current = find(key);
  if (!current || current->generation != entry.generation) return false;
  change(*current);
  const auto marked = directory_.find_file(in("uris", key));
  const bool as_it_was = use == LastUse::kAsItWas && marked;
  TRY(write_entry(key, *current, as_it_was ? std::optional(marked->st_mtim) : std::nullopt));
  return true;
}

Result<void> Cache::touch(const std::string& key, const CacheEntry& entry, std::int64_t now) const {
  TRY(amend(
      key, entry, [&](CacheEntry& each) { each.fetched_at = now; }, LastUse::kNow));
  return {};
}

Result<bool> Cache::note_identity(const std::string& key, const CacheEntry& entry,
                                  const std::string& identity) const {
  const auto note = [&](CacheEntry& each) {
    each.identity = identity;
    each.boot = boot_word();
  };
  return amend(key, entry, note, LastUse::kAsItWas);
}

Result<void> Cache::discard(const std::string& key, const CacheEntry& entry) const {
  const auto lock = TRY(try_lock(directory_, in("locks", key)));
  if (!lock) return {};
  const auto current = find(key);
  if (current && current->generation != entry.generation) return {};
  TRY(directory_.remove(in("uris", key)));
  return directory_.remove(in("objects", entry.sha256));
}

}  // namespace slipway::fetcher
