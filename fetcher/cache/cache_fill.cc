#include "fetcher/cache/cache_fill.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fetcher/base/boot.h"
#include "fetcher/cache/cache.h"
#include "fetcher/cache/cache_lock.h"
#include "fetcher/cache/cache_room.h"
#include "fetcher/cache/partial_left.h"
#include "fetcher/transfer/http_resume.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::fetcher {

namespace {

std::string partial_of(const std::string& key) {
  return in("partial", key);
}
std::string record_of(const std::string& key) {
  return in("partial", key + ".body");
}

std::string new_generation() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return cat(now.tv_sec, '.', now.tv_nsec, '.', ::getpid());
}

}  // namespace

std::string to_json(const PartialBody& body, std::string_view boot) {
  sandbox::JsonWriter json;
  json.begin_object().member("version", std::uint64_t{2}).member("boot", boot);
  json.member("bytes", body.bytes).member("sha256", body.sha256);
  json.member("etag", body.identity.validators.etag)
      .member("last_modified", body.identity.validators.last_modified);
  if (body.identity.total) json.member("total", *body.identity.total);
  json.end_object();
  return json.str() + "\n";
}

Result<PartialBody> parse_body_record(std::string_view text, std::string_view boot) {
  const auto document = sandbox::parse_json(text);
  if (!document || !document->duplicates.empty()) return Error("not the JSON of a body");
  const sandbox::JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != 2) return Error("of another version");
  if (TRY(sandbox::read_text(root, "boot")) != boot) return Error("of another boot");
  PartialBody body;
  body.bytes = TRY(sandbox::read_number<std::uint64_t>(root, "bytes"));
  body.sha256 = TRY(sandbox::read_text(root, "sha256"));
  body.identity.validators.etag = TRY(sandbox::read_text(root, "etag"));
  body.identity.validators.last_modified = TRY(sandbox::read_text(root, "last_modified"));
  if (root.find("total") != nullptr)
    body.identity.total = TRY(sandbox::read_number<std::uint64_t>(root, "total"));
  return body;
}

// Nothing is hashed here: who resumes reads it all for the hash of the whole, and compares
// (BodySink::adopt). Of another boot nothing is even looked at: a power cut leaves anything.
std::optional<PartialBody> partial_left(const CacheDirectory& directory, const std::string& key,
                                        std::uint64_t size) {
  if (size == 0) return std::nullopt;
  const auto boot = boot_id();
  const auto text = directory.read_file(record_of(key), kBodyRecordMaxBytes);
  if (!boot || !text) return std::nullopt;
  auto body = parse_body_record(*text, *boot);
  if (!body || body->bytes == 0 || body->bytes > size) return std::nullopt;
  const BodyIdentity& identity = body->identity;
  if (!can_be_resumed(identity) || (identity.total && body->bytes > *identity.total)) {
    return std::nullopt;
  }
  return *std::move(body);
}

Result<std::optional<PartialBody>> Cache::find_left(const CacheFill& fill) const {
  const auto size = static_cast<std::uint64_t>(TRY(sys::stat_fd(fill.file.get())).st_size);
  return partial_left(directory_, fill.key, size);
}

Result<std::optional<CacheFill>> Cache::begin_fill(
    const std::string& key, std::chrono::milliseconds patience,
    const std::optional<std::chrono::steady_clock::time_point>& end) const {
  TRY(CacheRoom(directory_, limits_).check_reserve());
  const std::string path = partial_of(key);
  auto lock = TRY(wait_for_lock(directory_, in("locks", key), path, patience, {}, end));
  if (!lock) return std::optional<CacheFill>();
  CacheFill fill{key, *std::move(lock), Fd()};
  // Who lost patience with the last holder has it anew with this one.
  beat(fill);
  if (auto file = directory_.open_file(path, O_RDWR)) {
    fill.file = *std::move(file);
    fill.left = TRY(find_left(fill));
    if (fill.left) return std::optional(std::move(fill));
  }
  TRY(directory_.remove(record_of(key)));
  fill.file = TRY(directory_.make_file(path));
  return std::optional(std::move(fill));
}

Result<void> Cache::note_progress(const CacheFill& fill, const PartialBody& body) const {
  TRY(directory_.remove(record_of(fill.key)));
  if (body.bytes == 0 || !can_be_resumed(body.identity)) return {};
  const auto boot = boot_id();
  if (!boot) return {};
  // Who dies between these leaves no record, or none that can be read.
  const Fd record = TRY(directory_.make_file(record_of(fill.key)));
  return sys::write_all(record.get(), to_json(body, *boot));
}

void Cache::beat(const CacheFill& fill) noexcept {
  show_life(fill.lock.get());
}

void Cache::keep(CacheFill fill) const {
  if (auto left = find_left(fill); left && *left) return;
  abandon(std::move(fill));
}

void Cache::abandon(CacheFill fill) const {
  // Best effort: whoever fills this key next, or prunes, removes what is left.
  (void)directory_.remove(record_of(fill.key)).has_value();
  (void)directory_.remove(partial_of(fill.key)).has_value();
}

Result<std::pair<CacheEntry, Fd>> Cache::publish(CacheFill fill, CacheEntry entry) const {
  auto published = store(fill, entry);
  if (!published) {
    abandon(std::move(fill));
    return std::move(published).error();
  }
  return std::pair(std::move(entry), std::move(fill.file));
}

// Nothing is synced. Complete or absent after a power cut needs the reader's care anyway, for disks
// lose more than that, and it suffices: an object that was torn has another size or hash than its
// entry says, a torn entry is no JSON, either is a miss and is fetched again. What would be had by
// waiting for the disk four times a URI is a few seconds' worth of cache after a power cut. What
// the kernel could not write is found the same way; so no identity is noted before the content was
// read where it shares blocks, from the disk.
Result<void> Cache::store(const CacheFill& fill, CacheEntry& entry) const {
  TRY(sys::check_written(fill.file.get()));
  TRY(sys::change_mode(fill.file.get(), 0400));
  // In use before it can be seen, and so never evicted before its entry is there.
  (void)sys::lock(fill.file.get(), sys::Lock::kShared).has_value();
  TRY(directory_.remove(record_of(fill.key)));
  TRY(CacheRoom(directory_, limits_, [&] {
        beat(fill);
      }).admit(fill.file.get(), partial_of(fill.key), in("objects", entry.sha256)));
  entry.generation = new_generation();
  return write_entry(fill.key, entry);
}

Result<void> Cache::write_entry(const std::string& key, const CacheEntry& entry,
                                std::optional<timespec> used) const {
  const std::string temporary = in("partial", key + ".entry");
  Fd file = TRY(directory_.make_file(temporary));
  TRY(sys::write_all(file.get(), to_json(entry)));
  if (used) TRY(sys::set_times(file.get(), *used, *used));
  TRY(file.close());  // NFS and quotas report here
  return directory_.rename(temporary, in("uris", key));
}

Result<void> Cache::make_room(std::uint64_t bytes, std::function<void()> alive) const {
  return CacheRoom(directory_, limits_, std::move(alive)).make_room(bytes);
}

std::optional<std::uint64_t> Cache::largest() const {
  const auto bounds = bounds_of(directory_, limits_);
  return bounds ? std::optional(largest_in(*bounds)) : std::nullopt;
}

}  // namespace slipway::fetcher
