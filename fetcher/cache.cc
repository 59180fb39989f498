#include "fetcher/cache.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "fetcher/digest.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::fetcher {

namespace {

constexpr char kTagName[] = "CACHEDIR.TAG";
// https://bford.info/cachedir/: the first line is the signature by which backup programs know a
// cache.
constexpr char kTag[] =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory is a cache of slipway; its contents can be fetched again.\n";
constexpr const char* kSubdirectories[] = {"uris", "objects", "locks", "partial"};
constexpr std::size_t kEntryLimit = 64 * 1024;  // bytes of an entry's JSON

std::string in(const char* directory, const std::string& name) {
  return cat(directory, '/', name);
}

// Removes a file; one that is not there is fine.
Result<void> remove(int dir, const std::string& path) {
  auto removed = sys::unlink(dir, path);
  if (!removed && removed.error().is(std::errc::no_such_file_or_directory)) return {};
  return removed;
}

Result<void> check_owner(int fd, uid_t owner) {
  const struct stat found = TRY(sys::stat_fd(fd));
  if (!S_ISDIR(found.st_mode)) return Error("is not a directory");
  if (found.st_uid != owner) {
    return Error(cat("belongs to uid ", found.st_uid, ", not to uid ", owner))
        .hint("a cache belongs to the task's user alone: name another directory");
  }
  if ((found.st_mode & 077) != 0)
    return Error("is open to other users: its mode must be 0700").hint("chmod 700 it");
  return {};
}

// mkdir that accepts what is already there; the open that follows judges it.
Result<Fd> make_and_open(int dir, const std::string& name) {
  if (auto made = sys::make_directory(dir, name, 0700);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  return sys::open_beneath(dir, name, O_RDONLY | O_DIRECTORY);
}

Result<void> write_tag(int root) {
  auto file = sys::open_at(root, kTagName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!file) {
    if (file.error().is(std::errc::file_exists)) return {};
    return std::move(file).error();
  }
  return sys::write_all(file->get(), kTag);
}

std::string new_generation() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return cat(now.tv_sec, '.', now.tv_nsec, '.', ::getpid());
}

std::string to_json(const CacheEntry& entry) {
  sandbox::JsonWriter json;
  json.begin_object().member("version", std::uint64_t{1});
  json.member("sha256", entry.sha256).member("bytes", entry.bytes);
  json.member("etag", entry.validators.etag)
      .member("last_modified", entry.validators.last_modified);
  json.key("fetched_at").integer(entry.fetched_at);
  if (entry.mode) json.member("mode", std::uint64_t{*entry.mode});
  json.member("uri", entry.uri).member("generation", entry.generation).end_object();
  return json.str() + "\n";
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<CacheEntry> from_json(std::string_view text) {
  const auto document = sandbox::parse_json(text);
  if (!document || !document->duplicates.empty()) return Error("not the JSON of an entry");
  const sandbox::JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != 1) return Error("of another version");
  CacheEntry entry;
  entry.sha256 = TRY(sandbox::read_text(root, "sha256"));
  if (!is_sha256(entry.sha256)) return Error("no SHA-256");  // it becomes a file name
  entry.bytes = TRY(sandbox::read_number<std::uint64_t>(root, "bytes"));
  entry.validators.etag = TRY(sandbox::read_text(root, "etag"));
  entry.validators.last_modified = TRY(sandbox::read_text(root, "last_modified"));
  entry.fetched_at = TRY(sandbox::read_number<std::int64_t>(root, "fetched_at"));
  if (root.find("mode") != nullptr)
    entry.mode = TRY(sandbox::read_number<mode_t>(root, "mode")) & 0777;
  entry.uri = TRY(sandbox::read_text(root, "uri"));
  entry.generation = TRY(sandbox::read_text(root, "generation"));
  return entry;
}

// Reads `from` from its start to its end.
Result<void> read_whole(int from,
                        const std::function<Result<void>(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  std::uint64_t offset = 0;
  for (;;) {
    const std::size_t count = TRY(sys::read_at(from, buffer, offset));
    if (count == 0) return {};
    TRY(take(std::span(buffer).first(count)));
    offset += count;
  }
}

}  // namespace

Result<Cache> Cache::open(Fd root, uid_t owner) {
  TRY(check_owner(root.get(), owner));
  TRY(write_tag(root.get()));
  Fd version = TRY(make_and_open(root.get(), "v1"));
  TRY(check_owner(version.get(), owner).context("'v1'"));
  for (const char* name : kSubdirectories) {
    const Fd directory = TRY(make_and_open(version.get(), name));
    TRY(check_owner(directory.get(), owner).context(quote(name)));
  }
  return Cache(std::move(version), owner);
}

Result<std::optional<Cache>> Cache::open_existing(Fd root, uid_t owner) {
  TRY(check_owner(root.get(), owner));
  auto version = sys::open_beneath(root.get(), "v1", O_RDONLY | O_DIRECTORY);
  if (!version) {
    if (version.error().is(std::errc::no_such_file_or_directory)) return std::optional<Cache>();
    return std::move(version).error();
  }
  TRY(check_owner(version->get(), owner).context("'v1'"));
  return std::optional(Cache(*std::move(version), owner));
}

Result<Fd> Cache::open_own_file(const std::string& path, int flags) const {
  // O_NONBLOCK: a planted fifo must not make us wait; regular files do not mind.
  Fd file = TRY(sys::open_beneath(version_.get(), path, flags | O_NONBLOCK, 0600));
  const struct stat found = TRY(sys::stat_fd(file.get()));
  if (!S_ISREG(found.st_mode) || found.st_uid != owner_) {
    return Error(cat(quote(path), " in the cache is not a file of uid ", owner_));
  }
  return file;
}

std::optional<CacheEntry> Cache::find(const std::string& key) const {
  const auto file = open_own_file(in("uris", key), O_RDONLY);
  if (!file) return std::nullopt;
  const auto text = sys::read_to_end(file->get(), kEntryLimit);
  if (!text) return std::nullopt;
  auto entry = from_json(*text);
  return entry ? std::optional(*std::move(entry)) : std::nullopt;  // damaged: a miss
}

Result<Fd> Cache::open_object(const CacheEntry& entry) const {
  Fd file = TRY(open_own_file(in("objects", entry.sha256), O_RDONLY));
  const struct stat found = TRY(sys::stat_fd(file.get()));
  if (static_cast<std::uint64_t>(found.st_size) != entry.bytes) {
    return Error(cat("the cached content has ", found.st_size, " bytes instead of ", entry.bytes));
  }
  return file;
}

Result<std::optional<CacheFill>> Cache::begin_fill(const std::string& key,
                                                   std::chrono::milliseconds patience) const {
  CacheFill fill{key, TRY(open_own_file(in("locks", key), O_RDWR | O_CREAT)), Fd()};
  // flock(2) has no deadline of its own, and a stopped holder must not stop everybody: ask again,
  // more rarely as time goes by.
  auto waited = std::chrono::milliseconds(0);
  auto pause = std::chrono::milliseconds(1);
  while (!TRY(sys::lock(fill.lock.get(), sys::Lock::kExclusive, sys::Wait::kNo))) {
    if (waited >= patience) return std::optional<CacheFill>();
    const timespec nap{pause.count() / 1000, (pause.count() % 1000) * 1'000'000};
    ::nanosleep(&nap, nullptr);
    waited += pause;
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
  // The lock is ours, so whatever lies there was left by somebody who died.
  const std::string path = in("partial", key);
  TRY(remove(version_.get(), path));
  fill.file = TRY(open_own_file(path, O_RDWR | O_CREAT | O_EXCL));
  return std::optional(std::move(fill));
}

Result<void> Cache::write_entry(const std::string& key, const CacheEntry& entry) const {
  const std::string partial = in("partial", key + ".entry");
  TRY(remove(version_.get(), partial));
  Fd file = TRY(open_own_file(partial, O_WRONLY | O_CREAT | O_EXCL));
  TRY(sys::write_all(file.get(), to_json(entry)));
  TRY(sys::sync(file.get()));
  TRY(file.close());
  TRY(sys::rename(version_.get(), partial, version_.get(), in("uris", key)));
  const Fd uris = TRY(sys::open_beneath(version_.get(), "uris", O_RDONLY | O_DIRECTORY));
  return sys::sync(uris.get());
}

void Cache::abandon(CacheFill fill) const {
  // Best effort: whoever fills this key next removes it first.
  (void)sys::unlink(version_.get(), in("partial", fill.key)).has_value();
}

Result<std::pair<CacheEntry, Fd>> Cache::publish(CacheFill fill, CacheEntry entry) const {
  auto published = store(fill, entry);
  if (!published) {
    abandon(std::move(fill));
    return std::move(published).error();
  }
  return std::pair(std::move(entry), std::move(fill.file));
}

Result<void> Cache::store(const CacheFill& fill, CacheEntry& entry) const {
  TRY(sys::change_mode(fill.file.get(), 0400));
  TRY(sys::sync(fill.file.get()));
  const std::string object = in("objects", entry.sha256);
  TRY(sys::rename(version_.get(), in("partial", fill.key), version_.get(), object));
  // The object's name must be durable before an entry speaks of it.
  const Fd objects = TRY(sys::open_beneath(version_.get(), "objects", O_RDONLY | O_DIRECTORY));
  TRY(sys::sync(objects.get()));
  entry.generation = new_generation();
  return write_entry(fill.key, entry);
}

Result<void> Cache::touch(const std::string& key, const CacheEntry& entry, std::int64_t now) const {
  const Fd lock = TRY(open_own_file(in("locks", key), O_RDWR | O_CREAT));
  // Somebody who holds it is about to write a newer entry anyway.
  if (!TRY(sys::lock(lock.get(), sys::Lock::kExclusive, sys::Wait::kNo))) return {};
  const auto current = find(key);
  if (!current || current->generation != entry.generation) return {};
  CacheEntry touched = entry;
  touched.fetched_at = now;
  return write_entry(key, touched);
}

Result<void> Cache::discard(const std::string& key, const CacheEntry& entry) const {
  const Fd lock = TRY(open_own_file(in("locks", key), O_RDWR | O_CREAT));
  if (!TRY(sys::lock(lock.get(), sys::Lock::kExclusive, sys::Wait::kNo))) return {};
  const auto current = find(key);
  if (current && current->generation != entry.generation) return {};
  TRY(remove(version_.get(), in("uris", key)));
  return remove(version_.get(), in("objects", entry.sha256));
}

Result<bool> copy_verified(int from, int to, const std::string& sha256) {
  Sha256 hash;
  TRY(read_whole(from, [&](std::span<const std::byte> bytes) -> Result<void> {
    hash.update(bytes);
    return sys::write_all(to, bytes);
  }));
  return hash.finish_hex() == sha256;
}

Result<bool> verify_content(int from, const std::string& sha256) {
  Sha256 hash;
  TRY(read_whole(from, [&](std::span<const std::byte> bytes) -> Result<void> {
    hash.update(bytes);
    return {};
  }));
  return hash.finish_hex() == sha256;
}

}  // namespace slipway::fetcher
